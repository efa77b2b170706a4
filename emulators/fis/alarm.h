/* alarm.h -- the states of CloudWatch alarms, asked through dispatch. */
#ifndef EMULATORS_FIS_ALARM_H
#define EMULATORS_FIS_ALARM_H

#include "emulators/fis/fis_internal.h"

/* "OK", "ALARM" or "INSUFFICIENT_DATA", a constant; NULL: there is no such alarm (or no
 * CloudWatch). */
const char *fis_alarm_state(const struct fis_experiment *experiment, const char *alarm_arn);

#endif
