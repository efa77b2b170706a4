/* fixture_membership.h -- what global tables of one name should be: who is a member of which group,
 * and which settings each table has. Nothing of the emulator is used.
 *
 * Purpose  The oracle of test_membership.c. Each function says what a call must answer, and on
 *          success does the same to the model: NULL is success, else a part of the error's text.
 * Units    times in µs of the simulated clock. */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_MEMBERSHIP_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_REGIONS 5
#define MODEL_NOBODY  MODEL_REGIONS
#define MODEL_FREE    (-1) /* no maximum of requests */

struct model_table {
    bool exists;
    int group;     /* 0: a table of its Region alone */
    int position;  /* by this the members of a group are ordered */
    size_t source; /* the Region from which it was filled, or MODEL_NOBODY */
    uint64_t joined_us;
    bool is_rare; /* class STANDARD_INFREQUENT_ACCESS */
    bool has_class_override;
    uint64_t class_changes_us[2]; /* newest first; 0: none */
    int max_reads;
    bool has_reads_override;
    int max_writes;
    bool is_protected;
    bool has_index;
    bool expires; /* has a time to live */
    uint32_t items;
};

struct model {
    struct model_table tables[MODEL_REGIONS];
    int groups_made;
    int positions_made;
};

extern const char *const model_regions[MODEL_REGIONS];

bool model_is_together(const struct model *model, size_t a, size_t b);
/* The other members, in the order in which they joined. */
size_t model_others(const struct model *model, size_t region, size_t others[MODEL_REGIONS]);
size_t model_group_count(const struct model *model);

const char *model_create(struct model *model, size_t region);
const char *model_delete(struct model *model, size_t region, uint64_t now_us);
/* joined_us: when the replica's table appears. fails: nothing comes of it in the end. */
const char *model_add(struct model *model, size_t asked, size_t target, uint64_t joined_us,
                      bool fails);
const char *model_remove(struct model *model, size_t asked, size_t target, uint64_t now_us);
/* effect_us: when the change takes effect, which counts for later budgets. */
const char *model_change_class(struct model *model, size_t asked, bool is_rare, uint64_t now_us,
                               uint64_t effect_us);
const char *model_override_class(struct model *model, size_t asked, size_t target, bool is_rare,
                                 uint64_t now_us, uint64_t effect_us);
const char *model_override_reads(struct model *model, size_t asked, size_t target, int reads);
/* 0 leaves one of them as it is. */
const char *model_change_maxima(struct model *model, size_t asked, int reads, int writes);
const char *model_protect(struct model *model, size_t asked, bool is_protected);
const char *model_change_index(struct model *model, size_t asked, bool is_wanted);
const char *model_change_expiry(struct model *model, size_t asked, bool is_wanted);
const char *model_put(struct model *model, size_t asked, unsigned item);

#endif
