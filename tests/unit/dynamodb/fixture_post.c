#include "tests/unit/dynamodb/fixture_post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "emulators/wire/front_protocol.h"

enum { HEADERS_MAX = 16 };

struct posted {
    struct front_exchange *exchange;
    struct post_reply *reply;
    bool is_answered;
};

static void take(struct posted *posted, const struct front_reply *reply)
{
    struct post_reply *out = posted->reply;
    out->status = reply->status;
    out->body_bytes = reply->body_bytes;
    out->body = sim_alloc(reply->body_bytes + 1);
    if (reply->body_bytes > 0)
        memcpy(out->body, reply->body, reply->body_bytes);
    posted->is_answered = true;
}

static void finish(void *context, struct wire_call *call)
{
    struct posted *posted = context;
    struct front_reply reply;
    posted->exchange->request_id = call->request_id;
    if (call->outcome == WIRE_OK || call->outcome == WIRE_ERROR) {
        front_exchange_encode(posted->exchange, call, &reply);
        take(posted, &reply);
    }
}

static void set_header(struct front_message *message, struct sim_http_header *headers,
                       const char *name, const char *value)
{
    size_t i = 0;
    while (i < message->header_count && strcasecmp(headers[i].name, name) != 0)
        i++;
    if (value != NULL) {
        assert_true(i < HEADERS_MAX);
        headers[i] = (struct sim_http_header){name, value};
        message->header_count += i == message->header_count;
    } else if (i < message->header_count) {
        headers[i] = headers[--message->header_count];
    }
}

static void write_message(struct front_message *message, struct sim_arena *arena,
                          const struct post *post)
{
    struct sim_http_header *headers = sim_arena_alloc_array(arena, HEADERS_MAX, sizeof *headers);
    const char *region = post->region != NULL ? post->region : EAST;
    *message = (struct front_message){
        .method = post->method != NULL ? post->method : "POST",
        .path = post->path != NULL ? post->path : "/",
        .query = "",
        .body_bytes = post->body_bytes,
        .local_address = "127.0.0.1",
        .headers = headers,
        .arena = arena,
    };
    char *body = sim_arena_alloc(arena, post->body_bytes + 1);
    if (post->body_bytes > 0)
        memcpy(body, post->body, post->body_bytes);
    body[post->body_bytes] = '\0';
    message->body = body;
    set_header(message, headers, "Host", "127.0.0.1:4566");
    set_header(message, headers, "Content-Type", "application/x-amz-json-1.0");
    set_header(message, headers, "X-Amz-Date", "20260101T000000Z");
    set_header(message, headers, "Authorization",
               sim_arena_printf(arena,
                                "AWS4-HMAC-SHA256 Credential=test/20260101/%s/dynamodb/"
                                "aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
                                region));
    set_header(message, headers, "X-Amz-Target", post->target);
    for (const cJSON *header = post->headers != NULL ? post->headers->child : NULL; header != NULL;
         header = header->next)
        set_header(message, headers, header->string, header->valuestring);
    front_message_index(message);
}

static void dispatch(struct world *world, struct posted *posted, const cJSON *input)
{
    const struct front_route *route = &posted->exchange->route;
    const struct wire_request request = {
        .service = route->service->id,
        .operation = posted->exchange->operation->name,
        .region = route->region,
        .account = route->account,
        .caller = "test",
        .input = input,
        .types_are_checked = true,
    };
    wire_dispatch(world->dispatcher, &request, finish, posted);
}

struct post_reply world_post(struct world *world, const struct post *post)
{
    static const struct wire_listener common = {0};
    struct sim_arena *arena = sim_arena_create();
    struct front_exchange *exchange = sim_arena_alloc(arena, sizeof *exchange);
    struct post_reply out = {0};
    struct posted posted = {.exchange = exchange, .reply = &out};
    struct front_reply reply;
    struct wire_error error = {0};
    cJSON *input = NULL;
    enum front_decoded decoded = FRONT_REFUSED;
    write_message(&exchange->message, arena, post);
    exchange->request_id = "none";
    if (front_route_find(world->dispatcher, &common, &exchange->message, &exchange->route, &error))
        decoded = front_exchange_decode(exchange, &input, &reply, &error);
    if (decoded == FRONT_DECODED) {
        dispatch(world, &posted, input);
    } else {
        if (decoded == FRONT_REFUSED)
            front_exchange_encode_error(exchange, &error, &reply);
        take(&posted, &reply);
    }
    if (!posted.is_answered)
        fail_msg("no answer to %s", post->target != NULL ? post->target : "(no target)");
    sim_arena_destroy(arena);
    return out;
}
