#include "sim/core/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_contract_failed(const char *kind, const char *condition, const char *file, int line)
{
    fprintf(stderr, "regionlab: broken contract %s(%s) at %s:%d\n", kind, condition, file, line);
    abort();
}

static void *require_memory(void *memory)
{
    if (memory != NULL)
        return memory;
    fputs("regionlab: out of memory\n", stderr);
    abort();
}

void *sim_alloc(size_t bytes)
{
    return require_memory(calloc(1, bytes > 0 ? bytes : 1));
}

void *sim_alloc_array(size_t count, size_t bytes)
{
    PRE(bytes == 0 || count <= SIZE_MAX / bytes);
    return sim_alloc(count * bytes);
}

void *sim_realloc_array(void *old, size_t count, size_t bytes)
{
    PRE(bytes == 0 || count <= SIZE_MAX / bytes);
    size_t wanted = count * bytes;
    return require_memory(realloc(old, wanted > 0 ? wanted : 1));
}

char *sim_strdup(const char *text)
{
    PRE(text != NULL);
    return require_memory(strdup(text));
}
