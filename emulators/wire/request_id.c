#include "emulators/wire/request_id.h"

#define FOUR_DIGITS 1679616 /* 36^4; the length is a multiple of four */
#define LENGTH      52
#define DIGITS      12                            /* from one draw */
#define DRAW_BOUND  UINT64_C(4738381338321616896) /* 36^12 */

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
    for (size_t i = 0; i < LENGTH; i += 4) { /* four digits from one long division */
        if (i % DIGITS == 0)
            draw = sim_random_below(random, DRAW_BOUND);
        uint32_t four = (uint32_t)(draw % FOUR_DIGITS);
        draw /= FOUR_DIGITS;
        for (size_t k = i; k < i + 4; k++, four /= 36)
            id[k] = digits[four % 36];
    }
    return id;
}
