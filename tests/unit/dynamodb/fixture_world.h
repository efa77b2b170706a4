/* fixture_world.h -- a world of three Regions with DynamoDB, called through dispatch.
 *
 * JSON in tests is written with single quotes for double ones. Virtual clock, seed 1. */
#ifndef TESTS_UNIT_DYNAMODB_FIXTURE_WORLD_H
#define TESTS_UNIT_DYNAMODB_FIXTURE_WORLD_H

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/wire/dispatch.h"

struct world {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    char *said; /* what world_say() gave last */
};

#define EAST "us-east-1"
#define WEST "us-west-2"
#define EU   "eu-west-1"

/* cmocka's setup and teardown: *state is a struct world. */
int world_setup(void **state);
int world_teardown(void **state);

/* The answer, or NULL after an error, whose "Code: message" then stands in error (may be NULL). The
 * caller deletes it. */
#define WORLD_ERROR_BYTES 4096
cJSON *world_call(struct world *world, const char *region, const char *operation, const char *json,
                  char error[WORLD_ERROR_BYTES]);
cJSON *world_call_service(struct world *world, const char *service, const char *region,
                          const char *operation, const char *json, char error[WORLD_ERROR_BYTES]);
/* As text with single quotes: the answer's JSON, or "Code: message {members}"; good until the next
 * call. */
const char *world_say(struct world *world, const char *region, const char *operation,
                      const char *json);
const char *world_say_stream(struct world *world, const char *region, const char *operation,
                             const char *json);

/* Shards of streams live for ever, so that a test of something else has one. */
void world_keep_shards(struct world *world);
void world_advance(struct world *world, uint64_t us);
void world_idle(struct world *world); /* until nothing is pending */
/* Creates {pk: S, sk: S} on demand in the Region, and waits for ACTIVE. */
void world_make_table(struct world *world, const char *region, const char *name);
/* The same with replicas in all three Regions. */
void world_make_global(struct world *world, const char *name);
/* Parses a fault, adds it, returns its id. */
uint64_t world_break(struct world *world, const struct sim_fault_spec *spec);
void world_mend(struct world *world, uint64_t fault_id);

/* Fails with both texts unless text contains part. */
void world_expect_in(const char *name, const char *text, const char *part);

#endif
