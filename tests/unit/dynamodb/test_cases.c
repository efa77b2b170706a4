/* Plays tests/cases/dynamodb/ through the HTTP front: the answers that clients are owed, as data.
 *
 * tests/cases/README.md tells the form. Each file is one test; each case has a world of its own, in
 * which the file's tables are ACTIVE. All cases of a file are played even if some fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_fill.h"
#include "tests/unit/dynamodb/fixture_match.h"
#include "tests/unit/dynamodb/fixture_post.h"

#define FOLDER "tests/cases/dynamodb"

struct player {
    const char *file;
    const char *name; /* of the case */
    struct world *world;
    cJSON *kept;
    int failed_count;
};

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* --- reading -----------------------------------------------------------------------------------
 */

static cJSON *read_json(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s: run tests from the top folder", path);
    struct sim_buffer text;
    sim_buffer_init(&text);
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        sim_buffer_append(&text, chunk, got);
    (void)fclose(file);
    cJSON *json = cJSON_Parse(text.data);
    if (json == NULL)
        fail_msg("%s is not JSON: %.60s", path, cJSON_GetErrorPtr());
    sim_buffer_fini(&text);
    return json;
}

/* --- one request -------------------------------------------------------------------------------
 */

static char *target_of(const cJSON *step)
{
    static const char *const stream_operations[] = {"DescribeStream", "GetRecords",
                                                    "GetShardIterator", "ListStreams"};
    const char *operation = text_of(step, "operation");
    const char *prefix = "DynamoDB_20120810";
    if (operation == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(stream_operations); i++) {
        if (strcmp(operation, stream_operations[i]) == 0)
            prefix = "DynamoDBStreams_20120810";
    }
    struct sim_buffer target;
    sim_buffer_init(&target);
    sim_buffer_printf(&target, "%s.%s", prefix, operation);
    return sim_buffer_take(&target);
}

/* The request's body: "raw" as it stands, else "input" with its short forms written out. */
static char *body_of(const struct player *player, const cJSON *step, int count)
{
    const cJSON *raw = cJSON_GetObjectItemCaseSensitive(step, "raw");
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(step, "input");
    cJSON *filled = NULL;
    char *body = NULL;
    if (raw == NULL && input == NULL)
        return sim_strdup("{}");
    filled = json_fill(raw != NULL ? raw : input, player->kept, count);
    body = raw != NULL ? sim_strdup(filled->valuestring) : cJSON_PrintUnformatted(filled);
    cJSON_Delete(filled);
    return body;
}

static struct post_reply send(const struct player *player, const cJSON *step, int count)
{
    char *target = target_of(step);
    char *body = body_of(player, step, count);
    const cJSON *wait = cJSON_GetObjectItemCaseSensitive(step, "wait_s");
    struct post post = {
        .method = text_of(step, "method"),
        .path = text_of(step, "path"),
        .region = text_of(step, "region"),
        .target = target,
        .body = body,
        .body_bytes = strlen(body),
        .headers = cJSON_GetObjectItemCaseSensitive(step, "headers"),
    };
    if (wait != NULL)
        world_advance(player->world, (uint64_t)(wait->valuedouble * (double)SIM_US_PER_S));
    struct post_reply reply = world_post(player->world, &post);
    free(target);
    free(body);
    return reply;
}

/* --- its answer --------------------------------------------------------------------------------
 */

/* {"code", "message", ...others} from a body with "__type" and "message" or "Message". */
static cJSON *error_of(const cJSON *body)
{
    cJSON *error = cJSON_CreateObject();
    const char *type = text_of(body, "__type");
    const char *hash = type != NULL ? strchr(type, '#') : NULL;
    for (const cJSON *member = body->child; member != NULL; member = member->next) {
        if (strcmp(member->string, "__type") == 0)
            cJSON_AddStringToObject(error, "code", hash != NULL ? hash + 1 : type);
        else if (strcmp(member->string, "Message") == 0)
            cJSON_AddItemToObject(error, "message", cJSON_Duplicate(member, true));
        else
            cJSON_AddItemToObject(error, member->string, cJSON_Duplicate(member, true));
    }
    return error;
}

static void complain(struct player *player, const char *step, const char *why, const cJSON *wanted,
                     const char *got)
{
    char *text = wanted != NULL ? cJSON_PrintUnformatted(wanted) : NULL;
    player->failed_count++;
    (void)fprintf(stderr, "%s: \"%s\"%s\n  %s\n  wanted %.3000s\n  got    %.3000s\n", player->file,
                  player->name, step, why, text != NULL ? text : "success", got);
    free(text);
}

static int status_wanted(const cJSON *step, bool is_error)
{
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(step, "status");
    if (status != NULL)
        return status->valueint;
    return is_error ? 400 : 200;
}

static void judge(struct player *player, const cJSON *step, const char *which,
                  const struct post_reply *reply)
{
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(step, "error");
    const cJSON *answer = cJSON_GetObjectItemCaseSensitive(step, "answer");
    const cJSON *plain = cJSON_GetObjectItemCaseSensitive(step, "body");
    const cJSON *wanted = error != NULL ? error : answer;
    char why[MATCH_WHERE_BYTES] = "";
    if (reply->status != status_wanted(step, error != NULL)) {
        (void)snprintf(why, sizeof why, "status %d", reply->status);
        complain(player, which, why, wanted != NULL ? wanted : plain, reply->body);
        return;
    }
    if (plain != NULL && strcmp(plain->valuestring, reply->body) != 0)
        complain(player, which, "body", plain, reply->body);
    if (wanted == NULL)
        return;
    cJSON *body = cJSON_Parse(reply->body);
    cJSON *got = error != NULL && body != NULL ? error_of(body) : body;
    cJSON *filled = json_fill(wanted, player->kept, -1);
    if (!json_match(filled, got, player->kept, why))
        complain(player, which, why, filled, reply->body);
    cJSON_Delete(filled);
    if (got != body)
        cJSON_Delete(got);
    cJSON_Delete(body);
}

static void play_step(struct player *player, const cJSON *step, const char *which)
{
    const cJSON *repeat = cJSON_GetObjectItemCaseSensitive(step, "repeat");
    for (int i = 0; i < (repeat != NULL ? repeat->valueint : 1); i++) {
        struct post_reply reply = send(player, step, repeat != NULL ? i : -1);
        judge(player, step, which, &reply);
        free(reply.body);
    }
}

/* --- cases and files ---------------------------------------------------------------------------
 */

/* Tables are named as in tables.json, or given as CreateTable's input. */
static void make_tables(struct player *player, const cJSON *tables, const cJSON *shared)
{
    for (const cJSON *table = tables != NULL ? tables->child : NULL; table != NULL;
         table = table->next) {
        const cJSON *input = cJSON_IsString(table)
                                 ? cJSON_GetObjectItemCaseSensitive(shared, table->valuestring)
                                 : table;
        if (input == NULL)
            fail_msg("%s: no table %s in tables.json", player->file, table->valuestring);
        cJSON *step = cJSON_CreateObject();
        cJSON_AddStringToObject(step, "operation", "CreateTable");
        cJSON_AddItemToObject(step, "input", cJSON_Duplicate(input, true));
        play_step(player, step, ", its tables");
        cJSON_Delete(step);
    }
    world_idle(player->world);
}

/* From then on control plane changes take this long; by default nothing. */
static void set_delay(struct player *player, const cJSON *file)
{
    const cJSON *delay = cJSON_GetObjectItemCaseSensitive(file, "delay_s");
    if (delay != NULL)
        ddb_set_transient_delay(player->world->ddb, (uint64_t)delay->valueint * SIM_US_PER_S);
}

static void play_list(struct player *player, const cJSON *steps, const char *what)
{
    int i = 0;
    for (const cJSON *step = steps != NULL ? steps->child : NULL; step != NULL; step = step->next) {
        char which[40];
        (void)snprintf(which, sizeof which, ", %s %d", what, ++i);
        play_step(player, step, which);
    }
}

static void play_case(struct player *player, const cJSON *file, const cJSON *shared,
                      const cJSON *given)
{
    void *state = NULL;
    player->name = text_of(given, "name");
    if (player->name == NULL || text_of(given, "why") == NULL)
        fail_msg("%s: a case lacks its name or why", player->file);
    (void)world_setup(&state);
    player->world = state;
    player->kept = cJSON_CreateObject();
    make_tables(player, cJSON_GetObjectItemCaseSensitive(file, "tables"), shared);
    set_delay(player, file);
    play_list(player, cJSON_GetObjectItemCaseSensitive(file, "setup"), "setup");
    play_list(player, cJSON_GetObjectItemCaseSensitive(given, "steps"), "step");
    play_step(player, given, "");
    cJSON_Delete(player->kept);
    (void)world_teardown(&state);
}

/* REGIONLAB_CASE=text: only the cases whose name has the text in it. */
static void test_file(void **state)
{
    const char *path = *state;
    const char *only = getenv("REGIONLAB_CASE");
    struct player player = {.file = path};
    cJSON *shared = read_json(FOLDER "/tables.json");
    cJSON *file = read_json(path);
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(file, "cases");
    for (const cJSON *given = cases != NULL ? cases->child : NULL; given != NULL;
         given = given->next) {
        const char *name = text_of(given, "name");
        if (only == NULL || name == NULL || strstr(name, only) != NULL)
            play_case(&player, file, shared, given);
    }
    int count = cJSON_GetArraySize(cases);
    cJSON_Delete(file);
    cJSON_Delete(shared);
    if (player.failed_count > 0)
        fail_msg("%s: %d failures in %d cases", path, player.failed_count, count);
}

static int is_topic(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".json") == 0 && strcmp(entry->d_name, "tables.json") != 0;
}

int main(void)
{
    struct dirent **entries = NULL;
    int count = scandir(FOLDER, &entries, is_topic, alphasort);
    if (count <= 0) {
        (void)fprintf(stderr, FOLDER ": no cases; run tests from the top folder\n");
        return 1;
    }
    struct CMUnitTest *tests = sim_alloc((size_t)count * sizeof *tests);
    for (int i = 0; i < count; i++) {
        struct sim_buffer path;
        sim_buffer_init(&path);
        sim_buffer_printf(&path, FOLDER "/%s", entries[i]->d_name);
        char *text = sim_buffer_take(&path);
        tests[i] = (struct CMUnitTest){.name = text, .test_func = test_file, .initial_state = text};
        free(entries[i]);
    }
    free(entries);
    int failed = _cmocka_run_group_tests("cases", tests, (size_t)count, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(tests[i].initial_state);
    free(tests);
    return failed;
}
