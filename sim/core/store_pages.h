/* store_pages.h -- where SQLite keeps the pages of its databases.
 *
 * Purpose  SQLite's own page cache allocates each page by itself and finds it by hashing. With a
 *          large database most of a lookup's time are then misses: of the hash bucket, of the
 *          headers along its chain, and of the address translation of each. Here a page is found in
 *          an array by its number, and stands with its header in large chunks that the kernel may
 *          back with huge pages.
 * Contract SQLite's: SQLITE_CONFIG_PCACHE2. A cache of a database in memory keeps every page until
 *          it is dropped; that of a file stays below the size that SQLite asks for.
 * Owner    SQLite makes and destroys the caches; a destroyed one leaves nothing. */
#ifndef SIM_CORE_STORE_PAGES_H
#define SIM_CORE_STORE_PAGES_H

#include <sqlite3.h>

extern const struct sqlite3_pcache_methods2 sim_store_page_methods;

#endif
