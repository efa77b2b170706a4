/* template_check.h -- is a template one that can run? */
#ifndef EMULATORS_FIS_TEMPLATE_CHECK_H
#define EMULATORS_FIS_TEMPLATE_CHECK_H

#include "emulators/fis/fis_internal.h"

/* document: a template as GetExperimentTemplate tells it. False: the call has failed. */
MUST_USE bool fis_template_check(struct wire_call *call, const cJSON *document);

#endif
