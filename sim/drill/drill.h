/* drill.h -- failover as a test: plays a drill file on the virtual clock and says what was
 * achieved.
 *
 * Purpose  World, clients, timeline, expectations and objectives in one YAML file; a run is a pure
 *          function of (topology, drill, seed). The verdict is green only if every expectation held
 * and every objective was met. Owner    drill_load() gives, drill_destroy() takes back; drill_run()
 * may be called once a load. Errors   INVALID "FILE:LINE:COLUMN: what is wrong; what is allowed".
 */
#ifndef SIM_DRILL_DRILL_H
#define SIM_DRILL_DRILL_H

#include <stdio.h>

#include "topology/world.h"

struct drill;

struct drill_options {
    const char *path;
    const struct topo_registry *registry; /* applications that a world may run */
    bool has_seed;                        /* else the file's */
    uint64_t seed;
    FILE *trace; /* JSON lines go there; NULL: none */
};

MUST_USE enum sim_result drill_load(const struct drill_options *options, struct drill **drill,
                                    struct sim_error *error);
void drill_destroy(struct drill *drill);

/* Plays it to the end. INVALID when the file cannot be played (a name that the world does not
 * have). */
MUST_USE enum sim_result drill_run(struct drill *drill, struct sim_error *error);

/* After the run: did every expectation hold and was every objective met? */
bool drill_passed(const struct drill *drill);
/* Reports sort what was measured, hence not const. For people; width in columns (0: 100), colour by
 * escape codes. */
void drill_report_text(struct drill *drill, FILE *stream, unsigned width, bool colour);
/* {"schema":"regionlab/drill-report/1", ...} */
void drill_report_json(struct drill *drill, FILE *stream);
/* One test case an objective and an expectation; the failure text has seed and replay command. */
void drill_report_junit(const struct drill *drill, FILE *stream);

#endif
