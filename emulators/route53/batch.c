#include "emulators/route53/batch.h"

#include <stdlib.h>
#include <string.h>

void r53_batch_init(struct r53_batch *batch)
{
    *batch = (struct r53_batch){.code = NULL};
    sim_buffer_init(&batch->faults);
}

void r53_batch_fini(struct r53_batch *batch)
{
    for (size_t i = 0; i < batch->edit_count; i++) {
        r53_rrset_drop(batch->edits[i].set);
        sim_buffer_fini(&batch->edits[i].faults);
    }
    for (size_t i = 0; i < batch->delta_count; i++) {
        r53_rrset_drop(batch->deltas[i].old);
        r53_rrset_drop(batch->deltas[i].new);
    }
    free(batch->edits);
    free(batch->deltas);
    sim_buffer_fini(&batch->faults);
    *batch = (struct r53_batch){.code = NULL};
}

static void begin_sentence(struct sim_buffer *faults)
{
    if (faults->length_bytes > 0)
        sim_buffer_append_text(faults, ", ");
}

void r53_edit_fault(struct r53_edit *edit, const char *format, ...)
{
    va_list arguments;
    begin_sentence(&edit->faults);
    va_start(arguments, format);
    sim_buffer_vprintf(&edit->faults, format, arguments);
    va_end(arguments);
}

void r53_batch_faults(const struct r53_batch *batch, struct sim_buffer *text)
{
    struct sim_buffer joined;
    sim_buffer_init(&joined);
    for (size_t i = 0; i < batch->edit_count; i++)
        if (batch->edits[i].faults.length_bytes > 0) {
            begin_sentence(&joined);
            sim_buffer_append_text(&joined, batch->edits[i].faults.data);
        }
    if (batch->faults.length_bytes > 0) {
        begin_sentence(&joined);
        sim_buffer_append_text(&joined, batch->faults.data);
    }
    sim_buffer_printf(text, "[%s]", joined.data == NULL ? "" : joined.data);
    sim_buffer_fini(&joined);
}

static bool has_faults(const struct r53_batch *batch)
{
    for (size_t i = 0; i < batch->edit_count; i++)
        if (batch->edits[i].faults.length_bytes > 0)
            return true;
    return batch->faults.length_bytes > 0;
}

const char *r53_batch_unknown_check(const struct r53_batch *batch,
                                    bool (*exists)(void *context, const char *id), void *context)
{
    for (size_t i = 0; i < batch->edit_count; i++) {
        const struct r53_edit *edit = &batch->edits[i];
        const char *id = edit->set->health_check_id;
        if (edit->action != R53_DELETE && id != NULL && !exists(context, id))
            return id;
    }
    return NULL;
}

/* A set may be deleted once and made once in a batch. */
static void check_doubles(struct r53_batch *batch)
{
    for (size_t i = 0; i < batch->edit_count; i++)
        for (size_t j = 0; j < i; j++) {
            struct r53_edit *a = &batch->edits[i];
            const struct r53_edit *b = &batch->edits[j];
            char name[R53_NAME_TEXT_BYTES];
            if (a->is_faulty || (a->action == R53_DELETE) != (b->action == R53_DELETE) ||
                !r53_rrset_has_key_of(a->set, b->set))
                continue;
            r53_name_text(a->set->name.wire, name);
            r53_edit_fault(a,
                           "The request contains an invalid set of changes for a resource record "
                           "set '%s %s'",
                           r53_type_name(a->set->type), name);
            a->is_faulty = true;
            break;
        }
}

/* "Tried to create resource record set [name='x.', type='A', set-identifier='S']" */
static void fault_about(struct r53_edit *edit, const char *verb, const char *rest)
{
    char name[R53_NAME_TEXT_BYTES];
    const char *identifier = edit->set->set_identifier;
    r53_name_text(edit->set->name.wire, name);
    r53_edit_fault(edit, "Tried to %s resource record set [name='%s', type='%s'%s%s%s] but %s",
                   verb, name, r53_type_name(edit->set->type),
                   identifier == NULL ? "" : ", set-identifier='",
                   identifier == NULL ? "" : identifier, identifier == NULL ? "" : "'", rest);
    edit->is_faulty = true;
}

static void take_out(struct r53_batch *batch, struct r53_edit *edit, struct r53_zone *zone)
{
    struct r53_rrset *old = r53_records_find(&zone->wanted, edit->set);
    if (old == NULL) {
        fault_about(edit, "delete", "it was not found");
    } else if (!r53_rrset_is_equal(old, edit->set)) {
        fault_about(edit, "delete", "the values provided do not match the current values");
    } else {
        batch->deltas[batch->delta_count++].old = r53_records_take(&zone->wanted, edit->set);
    }
}

static void put_in(struct r53_batch *batch, struct r53_edit *edit, struct r53_zone *zone)
{
    struct r53_delta *delta = &batch->deltas[batch->delta_count];
    if (edit->action == R53_CREATE && r53_records_find(&zone->wanted, edit->set) != NULL) {
        fault_about(edit, "create", "it already exists");
        return;
    }
    delta->old = r53_records_put(&zone->wanted, edit->set);
    delta->new = r53_rrset_use(edit->set);
    batch->delta_count++;
}

bool r53_batch_apply(struct r53_batch *batch, struct r53_zone *zone)
{
    PRE(batch->deltas == NULL);
    batch->deltas = sim_alloc_array(batch->edit_count + 1, sizeof(batch->deltas[0]));
    check_doubles(batch);
    for (size_t i = 0; i < batch->edit_count; i++)
        if (!batch->edits[i].is_faulty && batch->edits[i].action == R53_DELETE)
            take_out(batch, &batch->edits[i], zone);
    for (size_t i = 0; i < batch->edit_count; i++)
        if (!batch->edits[i].is_faulty && batch->edits[i].action != R53_DELETE)
            put_in(batch, &batch->edits[i], zone);
    for (size_t i = 0; i < batch->edit_count; i++)
        if (!batch->edits[i].is_faulty && batch->edits[i].action != R53_DELETE)
            r53_edit_check(&batch->edits[i], zone);
    r53_batch_check_apex(batch, zone);
    if (!has_faults(batch))
        return true;
    while (batch->delta_count > 0) {
        struct r53_delta *delta = &batch->deltas[--batch->delta_count];
        r53_delta_undo(delta, &zone->wanted);
        r53_rrset_drop(delta->old);
        r53_rrset_drop(delta->new);
        *delta = (struct r53_delta){0};
    }
    return false;
}
