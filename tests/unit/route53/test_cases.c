/* Plays tests/cases/route53/: zone + health + client -> answer, as data. Its README.md tells
 * the form. Each case has a world of its own. REGIONLAB_CASE=text plays those with it in their
 * name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "sim/core/buffer.h"
#include "tests/unit/route53/fixture_world.h"

#define FOLDER      "tests/cases/route53"
#define ZONE        "example.com"
#define DRAWS       200
#define CASES_MIN   300 /* in all files */
#define FILES_MAX   64
#define ANSWERS_MAX 32

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static cJSON *read_json(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct sim_buffer text;
    char chunk[4096];
    size_t got = 0;
    cJSON *json = NULL;
    if (file == NULL)
        fail_msg("%s: run tests from the top folder", path);
    sim_buffer_init(&text);
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        sim_buffer_append(&text, chunk, got);
    (void)fclose(file);
    json = cJSON_Parse(text.data);
    if (json == NULL)
        fail_msg("%s is not JSON: %.60s", path, cJSON_GetErrorPtr());
    sim_buffer_fini(&text);
    return json;
}

static void make_blocks(struct fixture *fixture, const cJSON *locations)
{
    const cJSON *location = NULL;
    const cJSON *block = NULL;
    cJSON_ArrayForEach(location, locations)
    {
        cJSON_ArrayForEach(block, location)
            fixture_add_block(fixture, location->string, block->valuestring);
    }
}

static void make_networks(struct fixture *fixture, const cJSON *networks)
{
    const cJSON *network = NULL;
    cJSON_ArrayForEach(network, networks) assert_int_equal(
        r53_add_client_network(fixture->r53, network->string, network->valuestring, NULL),
        RESULT_OK);
}

static void make_zone(struct fixture *fixture, const cJSON *one)
{
    const cJSON *item = NULL;
    struct sim_buffer lines;
    sim_buffer_init(&lines);
    fixture_make_zone(fixture, ZONE);
    make_blocks(fixture, cJSON_GetObjectItemCaseSensitive(one, "locations"));
    make_networks(fixture, cJSON_GetObjectItemCaseSensitive(one, "networks"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(one, "zone"))
        sim_buffer_printf(&lines, "%s;", item->valuestring);
    fixture_add_records(fixture, ZONE, lines.data == NULL ? "" : lines.data);
    sim_buffer_fini(&lines);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(one, "off"))
        fixture_turn(fixture, item->valuestring, false);
}

static void ask(struct fixture *fixture, const cJSON *one, char *answer, size_t bytes)
{
    const char *question = text_of(one, "ask");
    const char *subnet = text_of(one, "subnet");
    const cJSON *from = cJSON_GetObjectItemCaseSensitive(one, "from");
    char word[300];
    char name[600];
    char type[16] = "A";
    (void)snprintf(word, sizeof(word), "w");
    if (question != NULL)
        assert_true(sscanf(question, "%299s %15s", word, type) >= 1);
    if (strcmp(word, "@") == 0)
        (void)snprintf(name, sizeof(name), "%s", ZONE);
    else
        (void)snprintf(name, sizeof(name), word[strlen(word) - 1] == '.' ? "%s" : "%s." ZONE, word);
    if (subnet != NULL)
        fixture_ask_from(fixture, name, type, subnet, answer, bytes);
    else
        fixture_ask(fixture, name, type, from == NULL ? "us-east-1" : from->valuestring, answer,
                    bytes);
}

/* True: every wanted answer came up, and no other. */
static bool play(const char *file, const cJSON *one)
{
    const cJSON *answers = cJSON_GetObjectItemCaseSensitive(one, "answers");
    const int wanted = cJSON_GetArraySize(answers);
    bool seen[ANSWERS_MAX] = {false};
    struct fixture fixture;
    char answer[4096];
    bool is_good = true;
    assert_in_range(wanted, 1, ANSWERS_MAX);
    assert_non_null(text_of(one, "why"));
    fixture_init(&fixture);
    make_zone(&fixture, one);
    for (int draw = 0; draw < (wanted == 1 ? 20 : DRAWS) && is_good; draw++) {
        int at = 0;
        ask(&fixture, one, answer, sizeof(answer));
        while (at < wanted && strcmp(cJSON_GetArrayItem(answers, at)->valuestring, answer) != 0)
            at++;
        is_good = at < wanted;
        if (is_good)
            seen[at] = true;
    }
    if (!is_good)
        print_error("%s: %s: came \"%s\"\n", file, text_of(one, "name"), answer);
    for (int i = 0; i < wanted && is_good; i++)
        if (!seen[i]) {
            print_error("%s: %s: \"%s\" never came\n", file, text_of(one, "name"),
                        cJSON_GetArrayItem(answers, i)->valuestring);
            is_good = false;
        }
    fixture_fini(&fixture);
    return is_good;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t list_files(char names[FILES_MAX][64])
{
    DIR *folder = opendir(FOLDER);
    size_t count = 0;
    if (folder == NULL)
        fail_msg(FOLDER ": run tests from the top folder");
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (strncmp(entry->d_name, "resolution_", 11) == 0 && strlen(entry->d_name) < 64 &&
            count < FILES_MAX)
            (void)snprintf(names[count++], 64, "%.63s", entry->d_name);
    (void)closedir(folder);
    qsort(names, count, 64, compare_names);
    return count;
}

static void test_cases_are_answered_as_they_say(void **state)
{
    const char *only = getenv("REGIONLAB_CASE");
    char names[FILES_MAX][64];
    const size_t file_count = list_files(names);
    int played = 0;
    int failed = 0;
    (void)state;
    for (size_t i = 0; i < file_count; i++) {
        char path[sizeof(FOLDER) + 65];
        cJSON *json = NULL;
        const cJSON *one = NULL;
        (void)snprintf(path, sizeof(path), FOLDER "/%s", names[i]);
        json = read_json(path);
        cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "cases"))
        {
            if (only != NULL && strstr(text_of(one, "name"), only) == NULL)
                continue;
            played++;
            failed += play(names[i], one) ? 0 : 1;
        }
        cJSON_Delete(json);
    }
    print_message("%d cases\n", played);
    assert_int_equal(failed, 0);
    if (only == NULL)
        assert_in_range(played, CASES_MIN, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_are_answered_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
