/* fuzz_signature.c -- whole requests where signatures are verified: nobody gets in by chance, and
 * the refusal, which prints much of the request again, can be read. */
#include <string.h>

#include <libxml/parser.h>

#include "emulators/wire/signature_date.h"
#include "emulators/wire/signature_keys.h"
#include "tests/unit/wire/fixture_front.c" /* the world that the unit tests play in */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_readable(const struct front_reply *reply)
{
    const char *type = reply->content_type == NULL ? "" : reply->content_type;
    if (strstr(type, "json") != NULL) {
        cJSON *tree = cJSON_ParseWithLength(reply->body, reply->body_bytes);
        CHECK(tree != NULL);
        cJSON_Delete(tree);
    } else if (strcmp(type, "text/xml") == 0) {
        xmlDoc *document = xmlReadMemory(reply->body, (int)reply->body_bytes, NULL, "UTF-8",
                                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        CHECK(document != NULL);
        xmlFreeDoc(document);
    }
}

/* The same text as a date and as the time that a query is good for. */
static void check_dates(const char *text)
{
    struct sim_arena *arena = sim_arena_create();
    struct wire_error error = {0};
    const uint64_t now_us = UINT64_C(1767225600) * SIM_US_PER_S;
    if (!signature_date_check(arena, text, NULL, now_us, &error))
        CHECK(error.code != NULL && error.message != NULL);
    error = (struct wire_error){0};
    if (!signature_date_check(arena, "20260101T000000Z", text, now_us, &error))
        CHECK(error.code != NULL && error.message != NULL);
    sim_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct front_world *world; /* loading the facts costs more than thousands of requests */
    static struct front_access access;
    if (world == NULL) {
        world = front_world_create();
        access = (struct front_access){.keys = signature_keys_create(),
                                       .clock = front_world_core(world)->clock,
                                       .is_verified = true};
        front_world_set_access(world, &access);
    }
    char *text = sim_alloc(bytes + 1);
    memcpy(text, data, bytes);
    const char *blank = memmem(text, bytes, "\n\n", 2);
    const size_t head_bytes = blank == NULL ? bytes : (size_t)(blank + 1 - text);
    const size_t body_bytes = blank == NULL ? 0 : bytes - head_bytes - 1;
    char *head = strndup(text, head_bytes);
    const struct front_answer *answer =
        front_world_play_body(world, NULL, NULL, head, blank == NULL ? "" : blank + 2, body_bytes);
    CHECK(answer->input == NULL);
    check_readable(&answer->reply);
    check_dates(text);
    free(head);
    free(text);
    return 0;
}
