#include "tests/property/dynamodb/fixture_lww.h"

#include <string.h>

static const struct lww_value nothing = {.exists = false, .put = -1};

int lww_index(int op, size_t item)
{
    return op * LWW_ITEMS + (int)item;
}

void lww_begin(struct lww_world *world, const char *const *names, const int64_t *skews_us)
{
    *world = (struct lww_world){.names = names, .skews_us = skews_us};
    for (size_t region = 0; region < LWW_REGIONS; region++)
        for (size_t item = 0; item < LWW_ITEMS; item++)
            world->replicas[region][item].current = -1;
}

struct lww_value lww_value(const struct lww_world *world, size_t region, size_t item)
{
    int current = world->replicas[region][item].current;
    return current >= 0 ? world->writes[current].value : nothing;
}

static bool wins(const struct lww_world *world, int write, int over)
{
    const struct lww_write *a = &world->writes[write];
    const struct lww_write *b = &world->writes[over];
    if (a->written_us != b->written_us)
        return a->written_us > b->written_us;
    return strcmp(world->names[a->region], world->names[b->region]) > 0;
}

static bool is_same(struct lww_value a, struct lww_value b)
{
    return a.exists == b.exists && a.put == b.put && a.counter == b.counter;
}

/* Makes the write the current one. */
static struct lww_step replace(struct lww_world *world, size_t region, int write)
{
    size_t item = (size_t)write % LWW_ITEMS;
    struct lww_step step = {.before = lww_value(world, region, item), .lost = -1};
    world->replicas[region][item].current = write;
    world->replicas[region][item].seen |= 1u << write;
    step.after = lww_value(world, region, item);
    step.is_replaced = true;
    if (is_same(step.before, step.after))
        step.event = LWW_NOTHING;
    else if (!step.before.exists)
        step.event = LWW_INSERT;
    else
        step.event = step.after.exists ? LWW_MODIFY : LWW_REMOVE;
    return step;
}

static bool decide(const struct lww_op *op, int number, struct lww_value before,
                   struct lww_value *after)
{
    *after = before;
    switch (op->kind) {
    case LWW_PUT_NEW:
        if (before.exists)
            return false;
        *after = (struct lww_value){.exists = true, .put = number};
        return true;
    case LWW_PUT:
    case LWW_PUT_BOTH:
        *after = (struct lww_value){.exists = true, .put = number};
        return true;
    case LWW_DELETE:
        *after = nothing;
        return true;
    case LWW_ADD:
        after->exists = true;
        after->counter++;
        return true;
    }
    return false;
}

bool lww_run(struct lww_world *world, const struct lww_op *op, int number, uint64_t now_us,
             struct lww_step steps[LWW_ITEMS])
{
    for (size_t item = 0; item < LWW_ITEMS; item++) {
        steps[item] = (struct lww_step){.event = LWW_NOTHING, .lost = -1};
        if (item != op->item && op->kind != LWW_PUT_BOTH)
            continue;
        struct lww_replica *replica = &world->replicas[op->region][item];
        struct lww_write write = {.is_made = true, .region = op->region, .past = replica->seen};
        struct lww_value before = lww_value(world, op->region, item);
        if (!decide(op, number, before, &write.value))
            return false;
        if (!before.exists && !write.value.exists)
            continue; /* deletes what is not there */
        write.written_us = (uint64_t)((int64_t)now_us + world->skews_us[op->region]);
        if (replica->current >= 0 && write.written_us <= world->writes[replica->current].written_us)
            write.written_us = world->writes[replica->current].written_us + 1;
        int index = lww_index(number, item);
        world->writes[index] = write;
        steps[item] = replace(world, op->region, index);
    }
    return true;
}

struct lww_step lww_arrive(struct lww_world *world, size_t region, int write)
{
    size_t item = (size_t)write % LWW_ITEMS;
    struct lww_replica *replica = &world->replicas[region][item];
    const struct lww_write *arrived = &world->writes[write];
    int current = replica->current;
    struct lww_step step = {.event = LWW_NOTHING, .lost = -1};
    replica->seen |= 1u << write | arrived->past;
    if (current >= 0 && !wins(world, write, current))
        return step;
    step = replace(world, region, write);
    if (current >= 0 && world->writes[current].region == region &&
        (arrived->past & 1u << current) == 0)
        step.lost = current;
    return step;
}

int lww_last_writer(const struct lww_world *world, size_t item)
{
    int last = -1;
    for (int op = 0; op < LWW_OPS; op++) {
        int write = lww_index(op, item);
        if (world->writes[write].is_made && (last < 0 || wins(world, write, last)))
            last = write;
    }
    return last;
}
