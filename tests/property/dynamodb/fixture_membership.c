#include "tests/property/dynamodb/fixture_membership.h"

#define DAY_US   (UINT64_C(86400) * 1000000)
#define MONTH_US (30 * DAY_US)

const char *const model_regions[MODEL_REGIONS] = {"us-east-1", "us-west-2", "eu-west-1",
                                                  "ap-south-1", "sa-east-1"};

static const char *const missing = "Requested resource not found";

/* --- who belongs together ------------------------------------------------------------------------
 */

bool model_is_together(const struct model *model, size_t a, size_t b)
{
    return model->tables[a].exists && model->tables[b].exists && model->tables[a].group != 0 &&
           model->tables[a].group == model->tables[b].group;
}

/* The table itself counts, also where it stands alone. */
static bool is_affected(const struct model *model, size_t asked, size_t region)
{
    return region == asked || model_is_together(model, asked, region);
}

size_t model_others(const struct model *model, size_t region, size_t others[MODEL_REGIONS])
{
    size_t count = 0;
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        if (i == region || !model_is_together(model, region, i))
            continue;
        size_t at = count++;
        for (; at > 0 && model->tables[others[at - 1]].position > model->tables[i].position; at--)
            others[at] = others[at - 1];
        others[at] = i;
    }
    return count;
}

size_t model_group_count(const struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        bool is_first = model->tables[i].exists && model->tables[i].group != 0;
        for (size_t k = 0; k < i; k++)
            is_first = is_first && !model_is_together(model, i, k);
        count += is_first ? 1 : 0;
    }
    return count;
}

static void stand_alone(struct model_table *table)
{
    table->group = 0;
    table->source = MODEL_NOBODY;
    table->has_class_override = false;
    table->has_reads_override = false;
}

static void leave(struct model *model, size_t region)
{
    size_t others[MODEL_REGIONS];
    size_t count = model_others(model, region, others);
    for (size_t i = 0; i < count; i++) {
        if (model->tables[others[i]].source == region)
            model->tables[others[i]].source = MODEL_NOBODY;
    }
    if (count == 1)
        stand_alone(&model->tables[others[0]]);
    model->tables[region] = (struct model_table){.source = MODEL_NOBODY};
}

static bool is_recent_source(const struct model *model, size_t region, uint64_t now_us)
{
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        if (model_is_together(model, region, i) && model->tables[i].source == region &&
            now_us - model->tables[i].joined_us < DAY_US)
            return true;
    }
    return false;
}

/* --- coming and going ----------------------------------------------------------------------------
 */

const char *model_create(struct model *model, size_t region)
{
    struct model_table *table = &model->tables[region];
    if (table->exists)
        return "Table already exists: tab";
    *table = (struct model_table){
        .exists = true, .source = MODEL_NOBODY, .max_reads = MODEL_FREE, .max_writes = MODEL_FREE};
    return NULL;
}

const char *model_delete(struct model *model, size_t region, uint64_t now_us)
{
    const struct model_table *table = &model->tables[region];
    if (!table->exists)
        return missing;
    if (table->is_protected)
        return "currently protected against deletion";
    if (is_recent_source(model, region, now_us))
        return "it has acted as a source region";
    leave(model, region);
    return NULL;
}

const char *model_add(struct model *model, size_t asked, size_t target, uint64_t joined_us,
                      bool fails)
{
    struct model_table *from = &model->tables[asked];
    struct model_table *to = &model->tables[target];
    if (!from->exists)
        return missing;
    if (asked == target)
        return "Cannot add or delete the local region";
    if (to->exists)
        return "one or more replicas already existed as tables";
    if (fails)
        return NULL;
    if (from->group == 0) {
        from->group = ++model->groups_made;
        from->position = ++model->positions_made;
    }
    *to = *from;
    to->position = ++model->positions_made;
    to->source = asked;
    to->joined_us = joined_us;
    to->is_protected = false;
    to->has_class_override = false;
    to->has_reads_override = false;
    to->class_changes_us[0] = 0;
    to->class_changes_us[1] = 0;
    return NULL;
}

static const char *check_member(const struct model *model, size_t asked, size_t target)
{
    if (!model->tables[asked].exists)
        return missing;
    if (asked == target)
        return "Cannot add or delete the local region";
    return model_is_together(model, asked, target) ? NULL : "not part of the global table";
}

const char *model_remove(struct model *model, size_t asked, size_t target, uint64_t now_us)
{
    const char *refusal = check_member(model, asked, target);
    if (refusal != NULL)
        return refusal;
    if (model->tables[target].is_protected)
        return "because it has deletion protection enabled";
    if (is_recent_source(model, target, now_us))
        return "it has acted as a source region";
    leave(model, target);
    return NULL;
}

/* --- settings ------------------------------------------------------------------------------------
 */

static bool is_class_spent(const struct model_table *table, uint64_t now_us)
{
    return table->class_changes_us[1] != 0 && now_us - table->class_changes_us[1] < MONTH_US;
}

static void set_class(struct model_table *table, bool is_rare, uint64_t effect_us)
{
    if (table->is_rare == is_rare)
        return;
    table->is_rare = is_rare;
    table->class_changes_us[1] = table->class_changes_us[0];
    table->class_changes_us[0] = effect_us;
}

const char *model_change_class(struct model *model, size_t asked, bool is_rare, uint64_t now_us,
                               uint64_t effect_us)
{
    const struct model_table *table = &model->tables[asked];
    if (!table->exists)
        return missing;
    if (table->is_rare != is_rare) {
        if (is_class_spent(table, now_us))
            return "Subscriber limit exceeded: Updates to TableClass";
        for (size_t i = 0; i < MODEL_REGIONS; i++) {
            if (is_affected(model, asked, i) && is_class_spent(&model->tables[i], now_us))
                return "Limit exceeded for replica in";
        }
    }
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        if (!is_affected(model, asked, i))
            continue;
        set_class(&model->tables[i], is_rare, effect_us);
        model->tables[i].has_class_override = false;
    }
    return NULL;
}

const char *model_override_class(struct model *model, size_t asked, size_t target, bool is_rare,
                                 uint64_t now_us, uint64_t effect_us)
{
    struct model_table *table = &model->tables[target];
    const char *refusal = check_member(model, asked, target);
    if (refusal != NULL)
        return refusal;
    if (table->is_rare != is_rare && is_class_spent(table, now_us))
        return "Limit exceeded for replica in";
    set_class(table, is_rare, effect_us);
    table->has_class_override = is_rare != model->tables[asked].is_rare;
    return NULL;
}

const char *model_override_reads(struct model *model, size_t asked, size_t target, int reads)
{
    const char *refusal = check_member(model, asked, target);
    if (refusal != NULL)
        return refusal;
    model->tables[target].max_reads = reads;
    model->tables[target].has_reads_override = reads != model->tables[asked].max_reads;
    return NULL;
}

const char *model_change_maxima(struct model *model, size_t asked, int reads, int writes)
{
    if (!model->tables[asked].exists)
        return missing;
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        struct model_table *table = &model->tables[i];
        if (!is_affected(model, asked, i))
            continue;
        if (reads != 0) {
            table->max_reads = reads;
            table->has_reads_override = false;
        }
        if (writes != 0)
            table->max_writes = writes;
    }
    return NULL;
}

const char *model_protect(struct model *model, size_t asked, bool is_protected)
{
    if (!model->tables[asked].exists)
        return missing;
    model->tables[asked].is_protected = is_protected;
    return NULL;
}

const char *model_change_index(struct model *model, size_t asked, bool is_wanted)
{
    if (!model->tables[asked].exists)
        return missing;
    if (model->tables[asked].has_index == is_wanted)
        return is_wanted ? "Attempting to create an index which already exists" : "byg";
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        if (is_affected(model, asked, i))
            model->tables[i].has_index = is_wanted;
    }
    return NULL;
}

const char *model_change_expiry(struct model *model, size_t asked, bool is_wanted)
{
    if (!model->tables[asked].exists)
        return missing;
    if (model->tables[asked].expires == is_wanted)
        return is_wanted ? "TimeToLive is already enabled" : "TimeToLive is already disabled";
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        if (is_affected(model, asked, i))
            model->tables[i].expires = is_wanted;
    }
    return NULL;
}

const char *model_put(struct model *model, size_t asked, unsigned item)
{
    if (!model->tables[asked].exists)
        return missing;
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        if (is_affected(model, asked, i))
            model->tables[i].items |= UINT32_C(1) << item;
    }
    return NULL;
}
