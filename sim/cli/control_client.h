/* control_client.h -- one request to a running regionlab's control API.
 *
 * Purpose  Blocking, by libcurl; only "regionlab ctl" uses it.
 * Owner    control_answer_fini() frees the body.
 * Errors   IO with a sentence that says where nobody answered. */
#ifndef SIM_CLI_CONTROL_CLIENT_H
#define SIM_CLI_CONTROL_CLIENT_H

#include "sim/core/error.h"

struct control_answer {
    long status;
    char *body;
};

/* path is below /_regionlab; body is JSON or NULL. */
MUST_USE enum sim_result control_request(const char *endpoint, const char *method, const char *path,
                                         const char *body, struct control_answer *answer,
                                         struct sim_error *error);
void control_answer_fini(struct control_answer *answer);

#endif
