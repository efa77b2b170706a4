#include "emulators/wire/request_id.h"

#define LENGTH     52
#define DIGITS     12                            /* from one draw */
#define DRAW_BOUND UINT64_C(4738381338321616896) /* 36^12 */

char *wire_request_id(struct sim_random *random, struct sim_arena *arena,
                      const struct wire_model *model)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (model != NULL &&
        (model->protocol == PROTOCOL_REST_JSON || model->protocol == PROTOCOL_REST_XML)) {
        char *uuid = sim_arena_alloc(arena, SIM_UUID_TEXT_BYTES);
        sim_random_uuid(random, uuid);
        return uuid;
    }
    char *id = sim_arena_alloc(arena, LENGTH + 1);
    uint64_t draw = 0;
    for (size_t i = 0; i < LENGTH; i++) {
        if (i % DIGITS == 0)
            draw = sim_random_below(random, DRAW_BOUND);
        id[i] = digits[draw % 36];
        draw /= 36;
    }
    return id;
}
