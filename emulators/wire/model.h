/* model.h -- a service's facts from api.json, as structs to walk.
 *
 * Purpose  Member names, locations, types, required, ranges, patterns, enums, errors, URIs: what
 *          the decoders, encoders and the constraint check need. Loaded lazily, once a dispatcher.
 * Owner    The model owns everything; all pointers are good as long as it lives.
 * Source   api.json is written by emulators/wire/extract_api.py from the public API model. */
#ifndef EMULATORS_WIRE_MODEL_H
#define EMULATORS_WIRE_MODEL_H

#include "emulators/wire/service.h"
#include "sim/core/arena.h"

enum wire_protocol { PROTOCOL_JSON_1_0, PROTOCOL_JSON_1_1, PROTOCOL_REST_JSON, PROTOCOL_REST_XML };

enum wire_shape_kind {
    SHAPE_STRUCTURE,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_STRING,
    SHAPE_BLOB, /* base64 text in cJSON */
    SHAPE_BOOLEAN,
    SHAPE_INTEGER,
    SHAPE_LONG,
    SHAPE_FLOAT,
    SHAPE_DOUBLE,
    SHAPE_TIMESTAMP, /* seconds since the epoch as a number in cJSON, fractions allowed */
};

enum wire_location { IN_BODY, IN_URI, IN_QUERY, IN_HEADER, IN_STATUS_CODE };
enum wire_timestamp { TIMESTAMP_DEFAULT, TIMESTAMP_ISO8601, TIMESTAMP_UNIX, TIMESTAMP_RFC822 };

struct wire_shape;
struct wire_pattern;

#define WIRE_LIKELY_SLOTS 64 /* a power of two */

struct wire_member_fact {
    const char *name;      /* as handlers see it: "TableName" */
    const char *wire_name; /* as it travels: locationName, else name */
    const struct wire_shape *shape;
    enum wire_location location;
    bool is_required;
    bool is_idempotency_token;
    bool is_flattened; /* XML list without a wrapper */
    bool is_xml_attribute;
};

struct wire_shape {
    const char *name; /* "AttributeValue" */
    enum wire_shape_kind kind;
    const struct wire_member_fact *members; /* STRUCTURE, in the model's order (XML order) */
    size_t member_count;
    const struct wire_member_fact *payload; /* STRUCTURE whose body is one member, else NULL */
    const struct wire_shape *element;       /* LIST */
    const char *element_name;               /* LIST: XML name of an element, "member" by default */
    bool is_flattened;                      /* LIST: XML list without a wrapper, by the shape */
    const struct wire_shape *key;           /* MAP */
    const struct wire_shape *value;         /* MAP */
    bool has_min, has_max;                  /* length of text, list, map; or value of a number */
    int64_t min, max;
    const char *pattern;       /* as in the model, or NULL */
    const char *const *values; /* enum values in the order in which the service prints them */
    size_t value_count;
    bool is_union;
    bool is_error;          /* STRUCTURE: an error shape */
    const char *error_code; /* its code on the wire when it differs from the name, else the name */
    int error_status;       /* HTTP status, 0: protocol default */
    bool is_server_fault;
    enum wire_timestamp timestamp;

    /* Prepared at load for look-ups and the constraint check. */
    const struct wire_member_fact *const *by_wire_name; /* STRUCTURE: sorted by wire name */
    uint8_t likely[WIRE_LIKELY_SLOTS]; /* by a hash of the wire name: 1 + its place among them */
    const struct wire_member_fact *const *checks; /* members to look at, in the service's order */
    size_t check_count;
    const struct wire_shape
        *unless_arn;       /* STRING: what a text that is no ARN must satisfy instead */
    bool is_shown_as_json; /* MAP: in messages, where others have Java's form */
    bool has_keys_last;    /* MAP: nothing is said of bad keys when there is another fault */
    bool needs_check;      /* false: neither it nor anything below it has a constraint */
    const struct wire_pattern *matcher; /* of pattern, or NULL */
};

/* A member of an operation's input whose length, range or, with a text, set of values is told alone
 * when it is broken, in a newer form of the message. */
struct wire_told_alone {
    const char *member;  /* of the input itself; what lies below it counts too */
    const char *message; /* the whole of it, for a value outside the set; NULL: sets are as ever */
};

struct wire_operation_fact {
    const char *name;
    const char *method; /* "POST" */
    const char *uri;    /* "/2013-04-01/hostedzone/{Id}/rrset/", with "?a=b" when fixed */
    int status;         /* of success: 200, 201 ... */
    const struct wire_shape *input;  /* never NULL: an empty structure when there is none */
    const struct wire_shape *output; /* the same */
    const char *input_root;          /* XML root element of the request */
    const char *input_namespace;
    const struct wire_shape *const *errors;
    size_t error_count;
    const char *checked_first; /* a required name of 3 to 255 characters that the service looks at
                                  before all else, with words of its own; else NULL */
    const char *wanted_first;  /* the same, but only whether it is there at all */
    const struct wire_told_alone *told_alone;
    size_t told_alone_count;
};

struct wire_model {
    enum wire_protocol protocol;
    const char *target_prefix;   /* "DynamoDB_20120810" (JSON protocols) */
    const char *endpoint_prefix; /* host label: "dynamodb" */
    const char *xml_namespace;
    const char *api_version;
    const char *signing_name;                     /* "dynamodb" for the streams too */
    const char *internal_code;                    /* what it calls an inner failure (500) */
    const char *validation_code;                  /* of constraint errors: "ValidationException" */
    const struct wire_operation_fact *operations; /* sorted by name */
    size_t operation_count;
    const struct wire_shape *shapes; /* sorted by name */
    size_t shape_count;
    struct sim_arena *arena; /* holds all of it */
};

/* Parses api.json. INVALID with what is wrong (a mistake of ours: tests look at every service). */
MUST_USE enum sim_result wire_model_load(const struct wire_service *service,
                                         struct wire_model **model, struct sim_error *error);
void wire_model_destroy(struct wire_model *model);
const struct wire_operation_fact *wire_operation_fact_find(const struct wire_model *model,
                                                           const char *name);
const struct wire_member_fact *wire_member_fact_find(const struct wire_shape *structure,
                                                     const char *wire_name);
/* By the name that handlers see. */
const struct wire_member_fact *wire_member_fact_named(const struct wire_shape *structure,
                                                      const char *name);
/* A shape by its own name, for error shapes; NULL if the service has none such. */
const struct wire_shape *wire_shape_find(const struct wire_model *model, const char *name);

/* An error shape by its code on the wire ("NoSuchHostedZone"), or NULL. */
const struct wire_shape *wire_error_shape_find(const struct wire_model *model, const char *code);

/* The dispatcher's cached model of a service; loaded at the first call. */
struct wire_dispatcher;
const struct wire_model *wire_model_of(struct wire_dispatcher *dispatcher,
                                       const struct wire_service *service);

#endif
