/* pattern.c -- regular expressions as a machine of states (Thompson's construction).
 *
 * Compiling: a recursive descent over the text appends nodes; a node is a set of code points to
 * consume, a fork to two places, or the end. A counted repeat writes its part several times: the
 * nodes of a part lie side by side, so that a copy is the same stretch, shifted. Matching: all
 * states reachable after each code point are kept as one set, so that the time is text length x
 * states at worst. */
#include "emulators/wire/pattern.h"

#include <stdlib.h>
#include <string.h>

#define RANGES_MAX      48
#define GROUP_DEPTH_MAX 16
#define NOWHERE         UINT32_MAX

struct code_range {
    uint32_t low, high;
};

struct code_set {
    size_t count;
    bool is_negated;
    struct code_range ranges[RANGES_MAX]; /* the arena's copy ends after count of them */
};

enum node_kind { NODE_SET, NODE_FORK, NODE_END };

struct node {
    enum node_kind kind;
    const struct code_set *set; /* SET */
    uint32_t next;              /* SET, FORK */
    uint32_t other;             /* FORK; NOWHERE: none */
};

struct wire_pattern {
    struct node *nodes;
    uint32_t node_count;
    uint32_t start;
    const struct code_set *every; /* "[a-z]+" and "[a-z]*", by far the most: what each code point
                                     must be; NULL: follow the nodes */
    bool may_be_empty;            /* with every */
};

struct compiler {
    struct sim_arena *arena;
    const char *at; /* next character of the pattern */
    struct node *nodes;
    uint32_t count;
    unsigned depth;
    bool failed;
};

/* A stretch of the machine: entered at start; whoever comes next is written into end's next. */
struct fragment {
    uint32_t start;
    uint32_t end; /* a FORK with an open next */
};

static struct fragment compile_alternatives(struct compiler *compiler);

static uint32_t add_node(struct compiler *compiler, enum node_kind kind)
{
    if (compiler->count == WIRE_PATTERN_STATES_MAX) {
        compiler->failed = true;
        return 0;
    }
    compiler->nodes[compiler->count] = (struct node){kind, NULL, NOWHERE, NOWHERE};
    return compiler->count++;
}

static struct fragment empty_fragment(struct compiler *compiler)
{
    uint32_t node = add_node(compiler, NODE_FORK);
    return (struct fragment){node, node};
}

static void add_range(struct compiler *compiler, struct code_set *set, uint32_t low, uint32_t high)
{
    if (set->count == RANGES_MAX || low > high)
        compiler->failed = true;
    else
        set->ranges[set->count++] = (struct code_range){low, high};
}

/* --- UTF-8 --- */

static uint32_t next_code_point(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    unsigned length = bytes[0] < 0x80             ? 1
                      : (bytes[0] & 0xe0) == 0xc0 ? 2
                      : (bytes[0] & 0xf0) == 0xe0 ? 3
                      : (bytes[0] & 0xf8) == 0xf0 ? 4
                                                  : 1;
    uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) { /* also stops at the NUL */
            (*text)++;
            return bytes[0];
        }
        code = code << 6 | (bytes[i] & 0x3f);
    }
    *text += length;
    return code;
}

/* --- classes and escapes --- */

static const struct {
    char letter;
    bool is_negated;
    size_t count;
    struct code_range ranges[4];
} letter_classes[] = {
    {'d', false, 1, {{'0', '9'}}},
    {'D', true, 1, {{'0', '9'}}},
    {'w', false, 4, {{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}},
    {'W', true, 4, {{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}},
    {'s', false, 2, {{9, 13}, {' ', ' '}}},
    {'S', true, 2, {{9, 13}, {' ', ' '}}},
};

static const struct {
    const char *name;
    uint32_t low, high;
} named_classes[] = {
    {"{Print}", 0x20, 0x7e},
    {"{ASCII}", 0, 0x7f},
    {"{Graph}", 0x21, 0x7e},
};

static bool read_hex(struct compiler *compiler, unsigned digits, uint32_t *code)
{
    *code = 0;
    for (unsigned i = 0; i < digits; i++, compiler->at++) {
        char digit = *compiler->at;
        unsigned value = digit >= '0' && digit <= '9'   ? (unsigned)(digit - '0')
                         : digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a') + 10
                         : digit >= 'A' && digit <= 'F' ? (unsigned)(digit - 'A') + 10
                                                        : 16;
        if (value == 16)
            return false;
        *code = *code << 4 | value;
    }
    return true;
}

/* \d and the like, or \p{Name}: adds it to the set. False: it is no class. */
static bool read_class_escape(struct compiler *compiler, char letter, struct code_set *set)
{
    for (size_t i = 0; i < ARRAY_LEN(letter_classes); i++) {
        if (letter_classes[i].letter != letter)
            continue;
        const struct code_range *ranges = letter_classes[i].ranges;
        uint32_t from = 0; /* the gaps, when negated: ranges of \S and friends are given sorted */
        if (!letter_classes[i].is_negated) {
            for (size_t k = 0; k < letter_classes[i].count; k++)
                add_range(compiler, set, ranges[k].low, ranges[k].high);
            return true;
        }
        bool holes[128] = {false};
        for (size_t k = 0; k < letter_classes[i].count; k++)
            for (uint32_t code = ranges[k].low; code <= ranges[k].high; code++)
                holes[code] = true;
        for (uint32_t code = 0; code < 128; code++) {
            if (!holes[code])
                continue;
            if (code > from)
                add_range(compiler, set, from, code - 1);
            from = code + 1;
        }
        add_range(compiler, set, from, 0x10ffff);
        return true;
    }
    if (letter != 'p')
        return false;
    for (size_t i = 0; i < ARRAY_LEN(named_classes); i++) {
        size_t length = strlen(named_classes[i].name);
        if (strncmp(compiler->at, named_classes[i].name, length) == 0) {
            compiler->at += length;
            add_range(compiler, set, named_classes[i].low, named_classes[i].high);
            return true;
        }
    }
    compiler->failed = true;
    return true;
}

/* One code point after a backslash. */
static uint32_t read_escape(struct compiler *compiler, char letter)
{
    static const struct {
        char letter, code;
    } controls[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}};
    uint32_t code = (unsigned char)letter;
    if (letter == 'u' || letter == 'x') {
        if (!read_hex(compiler, letter == 'u' ? 4 : 2, &code))
            compiler->failed = true;
        return code;
    }
    for (size_t i = 0; i < ARRAY_LEN(controls); i++)
        if (controls[i].letter == letter)
            return (unsigned char)controls[i].code;
    if (letter == '\0')
        compiler->failed = true;
    return code;
}

/* One code point inside [...], or a class (then *is_class). A surrogate pair is one code point, as
 * Java reads it. */
static uint32_t read_class_atom(struct compiler *compiler, struct code_set *set, bool *is_class)
{
    *is_class = false;
    if (*compiler->at != '\\')
        return next_code_point(&compiler->at);
    char letter = compiler->at[1];
    compiler->at += letter == '\0' ? 1 : 2;
    if (read_class_escape(compiler, letter, set)) {
        *is_class = true;
        return 0;
    }
    uint32_t code = read_escape(compiler, letter);
    if (code >= 0xd800 && code <= 0xdbff && compiler->at[0] == '\\' && compiler->at[1] == 'u') {
        uint32_t low = 0;
        compiler->at += 2;
        if (!read_hex(compiler, 4, &low))
            compiler->failed = true;
        return 0x10000 + ((code - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
    }
    return code;
}

static void read_set(struct compiler *compiler, struct code_set *set)
{
    compiler->at++; /* [ */
    if (*compiler->at == '^') {
        set->is_negated = true;
        compiler->at++;
    }
    while (!compiler->failed && *compiler->at != ']') {
        if (*compiler->at == '\0') {
            compiler->failed = true;
            return;
        }
        bool is_class;
        uint32_t low = read_class_atom(compiler, set, &is_class);
        if (is_class)
            continue;
        uint32_t high = low;
        if (compiler->at[0] == '-' && compiler->at[1] != ']' && compiler->at[1] != '\0') {
            compiler->at++;
            high = read_class_atom(compiler, set, &is_class);
        }
        add_range(compiler, set, low, high);
    }
    compiler->at++; /* ] */
}

/* --- the grammar --- */

static const struct code_set *keep_set(struct sim_arena *arena, const struct code_set *set)
{
    return sim_arena_memdup(
        arena, set, offsetof(struct code_set, ranges) + set->count * sizeof(set->ranges[0]));
}

static struct fragment compile_set(struct compiler *compiler)
{
    struct code_set set = {0};
    if (*compiler->at == '[') {
        read_set(compiler, &set);
    } else if (*compiler->at == '.') {
        compiler->at++;
        add_range(compiler, &set, '\n', '\n');
        add_range(compiler, &set, '\r', '\r');
        set.is_negated = true;
    } else {
        bool is_class;
        uint32_t code = read_class_atom(compiler, &set, &is_class);
        if (!is_class)
            add_range(compiler, &set, code, code);
    }
    uint32_t node = add_node(compiler, NODE_SET);
    struct fragment end = empty_fragment(compiler);
    compiler->nodes[node].set = keep_set(compiler->arena, &set);
    compiler->nodes[node].next = end.start;
    return (struct fragment){node, end.end};
}

static struct fragment compile_group(struct compiler *compiler)
{
    compiler->at++; /* ( */
    if (compiler->at[0] == '?' && compiler->at[1] == ':')
        compiler->at += 2;
    if (++compiler->depth > GROUP_DEPTH_MAX) {
        compiler->failed = true;
        return empty_fragment(compiler);
    }
    struct fragment inner = compile_alternatives(compiler);
    compiler->depth--;
    if (*compiler->at == ')')
        compiler->at++;
    else
        compiler->failed = true;
    return inner;
}

static struct fragment compile_atom(struct compiler *compiler)
{
    if (*compiler->at == '(')
        return compile_group(compiler);
    if (strchr("*+?{", *compiler->at) != NULL) {
        compiler->failed = true;
        return empty_fragment(compiler);
    }
    if (*compiler->at == '^' || *compiler->at == '$') { /* the whole text is matched anyway */
        compiler->at++;
        return empty_fragment(compiler);
    }
    return compile_set(compiler);
}

static struct fragment join(struct compiler *compiler, struct fragment first,
                            struct fragment second)
{
    compiler->nodes[first.end].next = second.start;
    return (struct fragment){first.start, second.end};
}

/* part or nothing */
static struct fragment optional(struct compiler *compiler, struct fragment part)
{
    uint32_t fork = add_node(compiler, NODE_FORK);
    struct fragment end = empty_fragment(compiler);
    compiler->nodes[fork].next = part.start;
    compiler->nodes[fork].other = end.start;
    compiler->nodes[part.end].next = end.start;
    return (struct fragment){fork, end.end};
}

/* part any number of times */
static struct fragment repeated(struct compiler *compiler, struct fragment part)
{
    uint32_t fork = add_node(compiler, NODE_FORK);
    struct fragment end = empty_fragment(compiler);
    compiler->nodes[fork].next = part.start;
    compiler->nodes[fork].other = end.start;
    compiler->nodes[part.end].next = fork;
    return (struct fragment){fork, end.end};
}

static unsigned read_count(struct compiler *compiler)
{
    unsigned count = 0;
    while (*compiler->at >= '0' && *compiler->at <= '9' && count < WIRE_PATTERN_STATES_MAX)
        count = count * 10 + (unsigned)(*compiler->at++ - '0');
    return count;
}

/* The quantifier after an atom: at least low, at most high times (UINT32_MAX: any). */
static void read_quantifier(struct compiler *compiler, unsigned *low, unsigned *high)
{
    char sign = *compiler->at;
    *low = sign == '*' || sign == '?' ? 0 : 1;
    *high = sign == '*' || sign == '+' ? UINT32_MAX : 1;
    if (sign == '*' || sign == '+' || sign == '?')
        compiler->at++;
    if (sign != '{')
        return;
    compiler->at++;
    *low = read_count(compiler);
    *high = *low;
    if (*compiler->at == ',') {
        compiler->at++;
        *high = *compiler->at == '}' ? UINT32_MAX : read_count(compiler);
    }
    if (*compiler->at == '}' && *low <= *high)
        compiler->at++;
    else
        compiler->failed = true;
}

/* The part whose nodes are first..after-1, once more. */
static struct fragment again(struct compiler *compiler, struct fragment part, uint32_t first,
                             uint32_t after)
{
    uint32_t shift = compiler->count - first;
    for (uint32_t i = first; !compiler->failed && i < after; i++) {
        struct node copy = compiler->nodes[i];
        if (i == part.end)
            copy.next = NOWHERE; /* the original may be joined to what follows it already */
        if (copy.next != NOWHERE)
            copy.next += shift;
        if (copy.other != NOWHERE)
            copy.other += shift;
        compiler->nodes[add_node(compiler, copy.kind)] = copy;
    }
    return (struct fragment){part.start + shift, part.end + shift};
}

static struct fragment compile_repeat(struct compiler *compiler)
{
    uint32_t first = compiler->count;
    struct fragment part = compile_atom(compiler);
    uint32_t after = compiler->count;
    unsigned low;
    unsigned high;
    read_quantifier(compiler, &low, &high);
    bool is_open = high == UINT32_MAX;
    unsigned copies = is_open ? low + 1 : high; /* the last of an open repeat loops */
    struct fragment all = empty_fragment(compiler);
    for (unsigned i = 0; i < copies && !compiler->failed; i++) {
        struct fragment copy = i == 0 ? part : again(compiler, part, first, after);
        if (compiler->failed)
            break;
        if (is_open && i == low)
            copy = repeated(compiler, copy);
        else if (i >= low)
            copy = optional(compiler, copy);
        all = join(compiler, all, copy);
    }
    return all;
}

static struct fragment compile_sequence(struct compiler *compiler)
{
    struct fragment all = empty_fragment(compiler);
    while (!compiler->failed && *compiler->at != '\0' && *compiler->at != '|' &&
           *compiler->at != ')')
        all = join(compiler, all, compile_repeat(compiler));
    return all;
}

static struct fragment compile_alternatives(struct compiler *compiler)
{
    struct fragment all = compile_sequence(compiler);
    while (!compiler->failed && *compiler->at == '|') {
        compiler->at++;
        struct fragment right = compile_sequence(compiler);
        uint32_t fork = add_node(compiler, NODE_FORK);
        struct fragment end = empty_fragment(compiler);
        compiler->nodes[fork].next = all.start;
        compiler->nodes[fork].other = right.start;
        compiler->nodes[all.end].next = end.start;
        compiler->nodes[right.end].next = end.start;
        all = (struct fragment){fork, end.end};
    }
    return all;
}

/* Recognizes a pattern that is one repeated class. */
static void find_every(struct sim_arena *arena, const char *text, struct wire_pattern *pattern)
{
    struct code_set set = {0};
    struct compiler compiler = {.arena = arena, .at = text + (*text == '^' ? 1 : 0)};
    if (*compiler.at != '[')
        return;
    read_set(&compiler, &set);
    char sign = *compiler.at;
    const char *rest = compiler.at + (sign == '\0' ? 0 : 1);
    if (compiler.failed || (sign != '+' && sign != '*') ||
        (strcmp(rest, "") != 0 && strcmp(rest, "$") != 0))
        return;
    pattern->every = keep_set(arena, &set);
    pattern->may_be_empty = sign == '*';
}

struct wire_pattern *wire_pattern_compile(struct sim_arena *arena, const char *text)
{
    struct compiler compiler = {.arena = arena, .at = text};
    compiler.nodes = sim_alloc_array(WIRE_PATTERN_STATES_MAX, sizeof(struct node));
    struct fragment all = compile_alternatives(&compiler);
    uint32_t end = add_node(&compiler, NODE_END);
    compiler.nodes[all.end].next = end;
    struct wire_pattern *pattern = NULL;
    if (!compiler.failed && *compiler.at == '\0') {
        pattern = sim_arena_alloc(arena, sizeof(*pattern));
        pattern->nodes =
            sim_arena_memdup(arena, compiler.nodes, compiler.count * sizeof(struct node));
        pattern->node_count = compiler.count;
        pattern->start = all.start;
        find_every(arena, text, pattern);
    }
    free(compiler.nodes);
    return pattern;
}

/* --- matching --- */

struct state_set {
    uint32_t states[WIRE_PATTERN_STATES_MAX]; /* SET and END nodes only */
    uint32_t count;
};

struct matcher {
    const struct wire_pattern *pattern;
    uint32_t marks[WIRE_PATTERN_STATES_MAX]; /* the round in which a node was reached last */
    uint32_t pending[WIRE_PATTERN_STATES_MAX];
    uint32_t round;
};

/* Adds the nodes that node leads to without consuming anything. */
static void reach(struct matcher *matcher, struct state_set *set, uint32_t node)
{
    uint32_t pending_count = 0;
    if (matcher->marks[node] == matcher->round)
        return;
    matcher->marks[node] = matcher->round;
    matcher->pending[pending_count++] = node;
    while (pending_count > 0) {
        uint32_t index = matcher->pending[--pending_count];
        const struct node *at = &matcher->pattern->nodes[index];
        if (at->kind != NODE_FORK) {
            set->states[set->count++] = index;
            continue;
        }
        const uint32_t ways[] = {at->next, at->other};
        for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
            if (ways[i] == NOWHERE || matcher->marks[ways[i]] == matcher->round)
                continue;
            matcher->marks[ways[i]] = matcher->round;
            matcher->pending[pending_count++] = ways[i];
        }
    }
}

static bool set_has(const struct code_set *set, uint32_t code)
{
    for (size_t i = 0; i < set->count; i++)
        if (code >= set->ranges[i].low && code <= set->ranges[i].high)
            return !set->is_negated;
    return set->is_negated;
}

static bool matches_every(const struct wire_pattern *pattern, const char *text)
{
    if (*text == '\0')
        return pattern->may_be_empty;
    while (*text != '\0')
        if (!set_has(pattern->every, next_code_point(&text)))
            return false;
    return true;
}

bool wire_pattern_matches(const struct wire_pattern *pattern, const char *text)
{
    if (pattern->every != NULL)
        return matches_every(pattern, text);
    struct matcher matcher;
    struct state_set sets[2];
    matcher.pattern = pattern;
    matcher.round = 1;
    memset(matcher.marks, 0, pattern->node_count * sizeof(matcher.marks[0]));
    struct state_set *now = &sets[0];
    struct state_set *then = &sets[1];
    now->count = 0;
    reach(&matcher, now, pattern->start);
    while (*text != '\0' && now->count > 0) {
        uint32_t code = next_code_point(&text);
        matcher.round++;
        then->count = 0;
        for (uint32_t i = 0; i < now->count; i++) {
            const struct node *node = &pattern->nodes[now->states[i]];
            if (node->kind == NODE_SET && set_has(node->set, code))
                reach(&matcher, then, node->next);
        }
        struct state_set *swap = now;
        now = then;
        then = swap;
    }
    for (uint32_t i = 0; i < now->count; i++)
        if (pattern->nodes[now->states[i]].kind == NODE_END)
            return *text == '\0';
    return false;
}
