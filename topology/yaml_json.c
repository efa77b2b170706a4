/* A part of a file as the JSON input of an API call. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "topology/yaml_read.h"

#define EXACT_DIGITS_MAX 15 /* what a double holds without loss */

struct conversion {
    topo_expand_fn *expand;
    void *context;
    struct sim_error *error;
};

/* -12, 0.5, 1e3: JSON's own form of a number. */
static bool is_number(const char *text, size_t *digit_count)
{
    const char *at = text[0] == '-' ? text + 1 : text;
    size_t whole = strspn(at, "0123456789");
    if (whole == 0 || (at[0] == '0' && whole > 1))
        return false;
    *digit_count = whole;
    at += whole;
    if (*at == '.') {
        size_t fraction = strspn(at + 1, "0123456789");
        if (fraction == 0)
            return false;
        *digit_count += fraction;
        at += 1 + fraction;
    }
    if (*at == 'e' || *at == 'E') {
        at += at[1] == '+' || at[1] == '-' ? 2 : 1;
        size_t exponent = strspn(at, "0123456789");
        if (exponent == 0 || exponent > 3)
            return false;
        at += exponent;
    }
    return *at == '\0';
}

static enum sim_result convert_text(const struct conversion *conversion,
                                    const struct topo_node *node, cJSON **json)
{
    const char *text = node->text;
    if (conversion->expand != NULL) {
        struct sim_error inner = {0};
        if (conversion->expand(conversion->context, node->text, &text, &inner) != RESULT_OK)
            return topo_node_fail(node, conversion->error, "%.600s", inner.message);
    }
    *json = cJSON_CreateString(text);
    return RESULT_OK;
}

static enum sim_result convert_scalar(const struct conversion *conversion,
                                      const struct topo_node *node, cJSON **json)
{
    if (!node->is_plain)
        return convert_text(conversion, node, json);
    const char *text = node->text;
    size_t digit_count = 0;
    if (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)
        *json = cJSON_CreateNull();
    else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        *json = cJSON_CreateBool(text[0] == 't');
    else if (!is_number(text, &digit_count))
        return convert_text(conversion, node, json);
    else if (digit_count > EXACT_DIGITS_MAX)
        return topo_node_fail(node, conversion->error,
                              "%s has too many digits for a number; write it in quotes", text);
    else
        *json = cJSON_CreateNumber(strtod(text, NULL));
    return RESULT_OK;
}

/* The tree's depth is bounded by the parser. */
static enum sim_result convert(const struct conversion *conversion, const struct topo_node *node,
                               cJSON **json)
{
    if (node->kind == TOPO_SCALAR)
        return convert_scalar(conversion, node, json);
    cJSON *made = node->kind == TOPO_MAPPING ? cJSON_CreateObject() : cJSON_CreateArray();
    for (const struct topo_node *child = node->first; child != NULL; child = child->next) {
        cJSON *part = NULL;
        enum sim_result result = convert(conversion, child, &part);
        if (result != RESULT_OK) {
            cJSON_Delete(made);
            return result;
        }
        if (node->kind == TOPO_MAPPING)
            cJSON_AddItemToObject(made, child->key->text, part);
        else
            cJSON_AddItemToArray(made, part);
    }
    *json = made;
    return RESULT_OK;
}

enum sim_result topo_node_to_json(const struct topo_node *node, topo_expand_fn *expand,
                                  void *context, cJSON **json, struct sim_error *error)
{
    PRE(node != NULL);
    struct conversion conversion = {expand, context, error};
    return convert(&conversion, node, json);
}
