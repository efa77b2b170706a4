/* fuzz_rest_xml.c -- XML bodies for operations with lists, numbers, flags and enumerations.
 *
 * What is taken is a tree of the right types, what is refused leaves a well-formed error. */
#include <string.h>

#include <libxml/parser.h>

#include "tests/unit/wire/fixture_front.c" /* the world that the unit tests play in */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define AUTH SIGNED("AKID", "us-east-1", "route53")

static const char *const heads[] = {
    "POST /2013-04-01/hostedzone/Z1/rrset/\n" AUTH,
    "POST /2013-04-01/healthcheck\n" AUTH,
    "POST /2013-04-01/hostedzone\n" AUTH,
};

static void check_reply(const struct front_reply *reply)
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
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        const struct front_answer *answer =
            front_world_play_body(world, NULL, NULL, heads[i], (const char *)data, bytes);
        CHECK(answer->reply.status >= 200);
        CHECK(answer->reply.status <= 599);
        CHECK((answer->input != NULL) == (answer->reply.status < 300));
        check_reply(&answer->reply);
    }
    return 0;
}
