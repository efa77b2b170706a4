/* planted_bugs.h -- mistakes that somebody could make in replication, for testing the tests.
 *
 * Purpose  A build with -DREGIONLAB_PLANT=drop-tombstone (CMakeLists.txt) has that bug; every other
 *          build has none, and the questions below cost nothing. tests/planted_bugs.sh plants each
 *          and sees that the proofs (docs/proofs.md) find it. */
#ifndef EMULATORS_DYNAMODB_PLANTED_BUGS_H
#define EMULATORS_DYNAMODB_PLANTED_BUGS_H

enum ddb_planted_bug {
    DDB_PLANT_NONE,
    DDB_PLANT_DROP_TOMBSTONE,    /* item_commit.c: a delete leaves nothing behind */
    DDB_PLANT_REVERSE_TIE,       /* version.c: at the same time the smaller Region name wins */
    DDB_PLANT_OUT_OF_ORDER,      /* replica_apply.c: what arrives last stays, however old it is */
    DDB_PLANT_OVERTAKE,          /* replica_link.c: records of one item overtake each other */
    DDB_PLANT_EARLY_ACKNOWLEDGE, /* strong.c: a write is acknowledged before a second copy has it */
};

#ifndef REGIONLAB_PLANT
#define REGIONLAB_PLANT DDB_PLANT_NONE
#endif

#define DDB_IS_PLANTED(bug) (REGIONLAB_PLANT == (bug))

#endif
