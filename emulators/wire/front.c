/* front.c -- carries one HTTP request through decode, dispatch and encode. */
#include "emulators/wire/front.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "emulators/wire/front_compress.h"
#include "emulators/wire/front_protocol.h"
#include "emulators/wire/http_date.h"
#include "emulators/wire/request_id.h"

struct wire_front {
    struct wire_dispatcher *dispatcher;
    struct front_access access;
    bool needs_access; /* there is more to look at than whether a request is signed at all */
    bool takes_time;   /* requests take the service's time */
    struct sim_random request_ids; /* of requests that end before there is a call */
    uint64_t date_s;               /* the second that date shows */
    char date[HTTP_DATE_BYTES];
};

/* A live request between handler and answer; lives in its arena. */
struct live {
    struct front_exchange exchange;
    struct wire_front *front;
    struct sim_http_request *http;
};

struct wire_front *wire_front_create(struct wire_dispatcher *dispatcher)
{
    PRE(dispatcher != NULL);
    struct wire_front *front = sim_alloc(sizeof(*front));
    front->dispatcher = dispatcher;
    front->access = (struct front_access){.keys = signature_keys_create(),
                                          .clock = wire_dispatcher_host(dispatcher)->core->clock};
    front->date_s = UINT64_MAX;
    sim_random_init(&front->request_ids, wire_dispatcher_host(dispatcher)->core->seed,
                    "wire/front/request-id");
    return front;
}

void wire_front_destroy(struct wire_front *front)
{
    if (front == NULL)
        return;
    signature_keys_destroy(front->access.keys);
    free(front);
}

void wire_front_add_access_key(struct wire_front *front, const struct wire_access_key *key)
{
    signature_keys_add(front->access.keys, key);
    front->needs_access = true;
}

void wire_front_take_time(struct wire_front *front)
{
    front->takes_time = true;
}

void wire_front_verify_signatures(struct wire_front *front)
{
    front->access.is_verified = true;
    front->needs_access = true;
}

static const char *date_now(struct wire_front *front)
{
    const struct sim_core *core = wire_dispatcher_host(front->dispatcher)->core;
    const uint64_t now_s = sim_clock_now_us(core->clock) / SIM_US_PER_S;
    if (now_s != front->date_s)
        http_date_format(now_s, front->date);
    front->date_s = now_s;
    return front->date;
}

/* What a browser needs to be allowed to read the answer. */
static void add_cors(const struct front_message *message, struct front_reply *reply)
{
    if (message->known[FRONT_ORIGIN] == NULL)
        return;
    front_reply_add(reply, "Access-Control-Allow-Origin", "*");
    front_reply_add(reply, "Access-Control-Expose-Headers",
                    "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date");
}

static void answer_options(const struct front_message *message, struct front_reply *reply)
{
    *reply = (struct front_reply){.status = 200, .body = ""};
    if (message->known[FRONT_CORS_HEADERS] != NULL)
        front_reply_add(reply, "Access-Control-Allow-Headers", message->known[FRONT_CORS_HEADERS]);
    if (message->known[FRONT_CORS_METHOD] != NULL)
        front_reply_add(reply, "Access-Control-Allow-Methods", message->known[FRONT_CORS_METHOD]);
    front_reply_add(reply, "Access-Control-Max-Age", "172800");
}

static void add_crc32(struct sim_arena *arena, struct front_reply *reply)
{
    const uLong crc = crc32(0, (const Bytef *)reply->body, (uInt)reply->body_bytes);
    char digits[16]; /* by hand: printf would cost as much as the checksum */
    size_t at = sizeof digits;
    uLong left = crc;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    front_reply_add(reply, "x-amz-crc32",
                    sim_arena_strndup(arena, digits + at, sizeof digits - at));
}

static void send_reply(struct live *live, struct front_reply *reply)
{
    const struct front_traits *traits = live->exchange.route.traits;
    struct sim_arena *arena = live->exchange.message.arena;
    front_reply_add(reply, "x-amzn-RequestId", live->exchange.request_id);
    if (reply->content_type != NULL)
        front_reply_add(reply, "Content-Type", reply->content_type);
    if (traits != NULL && traits->has_server)
        front_reply_add(reply, "Server", "Server");
    if (traits != NULL && traits->compresses)
        front_compress(&live->exchange.message, reply);
    if (traits != NULL && traits->has_crc32) /* of the bytes as they are sent */
        add_crc32(arena, reply);
    front_reply_add(reply, "Date", date_now(live->front));
    add_cors(&live->exchange.message, reply);
    const struct sim_http_reply http = {
        .status = reply->status,
        .headers = reply->headers,
        .header_count = reply->header_count,
        .body = reply->body,
        .body_bytes = reply->body_bytes,
        .is_lasting = true,
    };
    sim_http_reply(live->http, &http);
}

/* An answer without a call still has an id. */
static void draw_request_id(struct live *live)
{
    live->exchange.request_id = wire_request_id(
        &live->front->request_ids, live->exchange.message.arena, live->exchange.route.model);
}

static void finish(void *context, struct wire_call *call)
{
    struct live *live = context;
    struct front_reply reply;
    switch (call->outcome) {
    case WIRE_OK:
    case WIRE_ERROR:
        live->exchange.request_id = call->request_id;
        front_exchange_encode(&live->exchange, call, &reply);
        send_reply(live, &reply);
        return;
    case WIRE_REFUSED:
    case WIRE_RESET:
        sim_http_drop(live->http);
        return;
    case WIRE_TIMED_OUT: /* a black hole says nothing: the client's own time-out ends this */
        return;
    }
}

static const char *endpoint_host(const struct front_message *message,
                                 const struct sim_http_request *http)
{
    const char *host = message->known[FRONT_HOST];
    if (host != NULL && host[0] != '\0' && front_is_utf8(host, strlen(host)))
        return host;
    return sim_arena_printf(message->arena, "%s:%u", http->local_address, http->local_port);
}

static void dispatch(struct live *live, const struct wire_listener *listener, const cJSON *input)
{
    const struct front_route *route = &live->exchange.route;
    const char *access_key = route->credential.access_key;
    const struct wire_request request = {
        .service = route->service->id,
        .operation = live->exchange.operation->name,
        .region = route->region,
        .account = route->account,
        .caller = access_key != NULL && access_key[0] != '\0' ? access_key : "anonymous",
        .endpoint = listener->endpoint,
        .endpoint_host = endpoint_host(&live->exchange.message, live->http),
        .input = input,
        .types_are_checked = true,
        .takes_time = live->front->takes_time,
    };
    wire_dispatch(live->front->dispatcher, &request, finish, live);
}

void wire_front_handle(struct wire_front *front, const struct wire_listener *listener,
                       struct sim_http_request *request)
{
    struct live *live = sim_arena_alloc(request->arena, sizeof(*live));
    live->front = front;
    live->http = request;
    live->exchange.access = front->needs_access ? &front->access : NULL;
    struct front_message *message = &live->exchange.message;
    front_message_from_http(message, request);
    struct front_reply reply;
    struct wire_error error = {0};
    cJSON *input = NULL;
    enum front_decoded decoded = FRONT_REFUSED;
    if (strcmp(message->method, "OPTIONS") == 0 && message->known[FRONT_ORIGIN] != NULL) {
        answer_options(message, &reply);
        decoded = FRONT_ANSWERED;
    } else if (front_route_find(front->dispatcher, listener, message, &live->exchange.route,
                                &error)) {
        decoded = front_exchange_decode(&live->exchange, &input, &reply, &error);
    }
    if (decoded == FRONT_DECODED) {
        dispatch(live, listener, input);
        return;
    }
    draw_request_id(live);
    if (decoded == FRONT_REFUSED)
        front_exchange_encode_error(&live->exchange, &error, &reply);
    send_reply(live, &reply);
}
