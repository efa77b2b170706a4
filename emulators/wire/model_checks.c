/* model_checks.c -- which shapes have anything to check, in them or below them.
 *
 * Most of a request is attribute values, which have no constraint of the model: the constraint
 * check does not even look at them. Shapes may contain themselves, so the marks spread until none
 * is new. */
#include "emulators/wire/model_internal.h"

static bool has_own_constraint(const struct wire_shape *shape)
{
    return shape->has_min || shape->has_max || shape->pattern != NULL || shape->value_count > 0;
}

static bool has_constraint_below(const struct wire_shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (shape->members[i].is_required || shape->members[i].shape->needs_check)
            return true;
    return (shape->element != NULL && shape->element->needs_check) ||
           (shape->key != NULL && shape->key->needs_check) ||
           (shape->value != NULL && shape->value->needs_check);
}

static bool mark_once(struct wire_loader *loader)
{
    bool any = false;
    for (size_t i = 0; i < loader->shape_count; i++) {
        struct wire_shape *shape = &loader->shapes[i];
        if (shape->needs_check)
            continue;
        shape->needs_check = has_own_constraint(shape) || has_constraint_below(shape);
        any |= shape->needs_check;
    }
    return any;
}

static void leave_out_the_free(struct wire_loader *loader, struct wire_shape *shape)
{
    const struct wire_member_fact **checks = sim_arena_alloc_array(
        loader->arena, shape->check_count + 1, sizeof(struct wire_member_fact *));
    size_t count = 0;
    for (size_t i = 0; i < shape->check_count; i++)
        if (shape->checks[i]->is_required || shape->checks[i]->shape->needs_check)
            checks[count++] = shape->checks[i];
    shape->checks = checks;
    shape->check_count = count;
}

void wire_model_prepare_checks(struct wire_loader *loader)
{
    while (mark_once(loader))
        continue;
    for (size_t i = 0; i < loader->shape_count; i++)
        if (loader->shapes[i].kind == SHAPE_STRUCTURE)
            leave_out_the_free(loader, &loader->shapes[i]);
}
