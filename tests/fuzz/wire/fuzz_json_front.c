/* fuzz_json_front.c -- whole requests, any protocol: request line, headers, blank line, body.
 *
 * Whatever comes in, an answer goes out that its reader can parse. */
#include <string.h>

#include <libxml/parser.h>

#include "tests/unit/wire/fixture_front.c" /* the world that the unit tests play in */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_json(const struct front_reply *reply)
{
    cJSON *tree = cJSON_ParseWithLength(reply->body, reply->body_bytes);
    CHECK(tree != NULL);
    CHECK(front_is_utf8(reply->body, reply->body_bytes));
    cJSON_Delete(tree);
}

static void check_xml(const struct front_reply *reply)
{
    xmlDoc *document = xmlReadMemory(reply->body, (int)reply->body_bytes, NULL, "UTF-8",
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    CHECK(document != NULL);
    xmlFreeDoc(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct front_world *world; /* loading the facts costs more than thousands of requests */
    if (world == NULL) {
        world = front_world_create();
        front_world_set_output(world, "{}");
    }
    char *text = sim_alloc(bytes + 1);
    memcpy(text, data, bytes);
    char *blank = memmem(text, bytes, "\n\n", 2);
    const size_t head_bytes = blank == NULL ? bytes : (size_t)(blank + 1 - text);
    char *head = strndup(text, head_bytes);
    const char *body = blank == NULL ? "" : blank + 2;
    const size_t body_bytes = blank == NULL ? 0 : bytes - (size_t)(body - text);
    const struct front_answer *answer =
        front_world_play_body(world, NULL, NULL, head, body, body_bytes);
    const struct front_reply *reply = &answer->reply;
    CHECK(reply->status >= 200);
    CHECK(reply->status <= 599);
    CHECK(reply->body != NULL);
    const char *type = reply->content_type == NULL ? "" : reply->content_type;
    if (strstr(type, "json") != NULL)
        check_json(reply);
    else if (strcmp(type, "text/xml") == 0)
        check_xml(reply);
    free(head);
    free(text);
    return 0;
}
