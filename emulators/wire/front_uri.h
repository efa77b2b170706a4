/* front_uri.h -- which operation a REST request names by method and path.
 *
 * Purpose  Matches templates such as "/2013-04-01/hostedzone/{Id}/rrset/" and finds their labels.
 *          A trailing slash makes no difference. A label is one segment; only when no template fits
 *          so, a label may hold slashes (ARNs that a client did not encode), and the template with
 *          the most literal text wins.
 * Owner    Labels point into template and path; values are still percent-encoded. */
#ifndef EMULATORS_WIRE_FRONT_URI_H
#define EMULATORS_WIRE_FRONT_URI_H

#include "emulators/wire/front_message.h"
#include "emulators/wire/model.h"

#define FRONT_LABELS_MAX 8
/* Above this many segments no label is tried across slashes (the search would be the client's). */
#define FRONT_LOOSE_SEGMENTS_MAX 32

struct front_label {
    const char *name; /* "Id" of "{Id}" */
    size_t name_bytes;
    const char *value;
    size_t value_bytes;
};

struct front_uri {
    const struct wire_operation_fact *operation;
    struct front_label labels[FRONT_LABELS_MAX];
    size_t label_count;
};

/* False: no operation of the model has this method and path. */
MUST_USE bool front_uri_match(const struct wire_model *model, const struct front_message *message,
                              struct front_uri *uri);

/* Adds the members that travel outside the body (labels, query, headers) to input, typed by the
 * model. False with *error when one is no such value. */
MUST_USE bool front_uri_members(const struct front_uri *uri, const struct front_message *message,
                                cJSON *input, struct wire_error *error);

#endif
