/* rdata.c -- values of records: from a client's text to rdata, with the service's fault texts.
 *
 * Types that Route 53 writes in its own way (octal escapes, quotation) are parsed here; for the
 * rest the DNS library's parser decides. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/rrset.h"

#define RDATA_MAX 8192 /* the longest value is 4,000 characters */

/* rdata under construction, behind room for its two length bytes. */
struct rdata {
    uint8_t bytes[RDATA_MAX];
    size_t used;
};

static const char *const label_a = "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
static const char *const label_aaaa =
    "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
static const char *const string_too_long = "CharacterStringTooLong (Value is too long)";
static const char *const string_unquoted =
    "InvalidCharacterString (Value should be enclosed in quotation marks)";

/* Parsers return NULL or what is wrong; the text after "FATAL problem: ". */
typedef const char *value_parser(const char *text, struct rdata *rdata);

static bool put(struct rdata *rdata, const void *bytes, size_t count)
{
    if (rdata->used + count > sizeof(rdata->bytes))
        return false;
    memcpy(rdata->bytes + rdata->used, bytes, count);
    rdata->used += count;
    return true;
}

static const char *parse_a(const char *text, struct rdata *rdata)
{
    uint8_t address[4];
    if (inet_pton(AF_INET, text, address) != 1)
        return label_a;
    (void)put(rdata, address, sizeof(address));
    return NULL;
}

static const char *parse_aaaa(const char *text, struct rdata *rdata)
{
    uint8_t address[16];
    if (inet_pton(AF_INET6, text, address) != 1)
        return label_aaaa;
    (void)put(rdata, address, sizeof(address));
    return NULL;
}

static const char *parse_name(const char *text, struct rdata *rdata)
{
    struct r53_name name;
    enum r53_name_fault fault = r53_name_parse(text, &name);
    if (fault != R53_NAME_OK) /* without "FATAL problem: " and " encountered with" */
        return r53_name_fault_text(fault);
    (void)put(rdata, name.wire, name.length_bytes);
    return NULL;
}

/* The next word without white space, cut out of *text; "" at the end. */
static void next_word(const char **text, char word[R53_NAME_TEXT_BYTES])
{
    size_t used = 0;
    while (**text == ' ' || **text == '\t')
        (*text)++;
    for (; **text != '\0' && **text != ' ' && **text != '\t'; (*text)++)
        if (used + 1 < R53_NAME_TEXT_BYTES)
            word[used++] = **text;
    word[used] = '\0';
}

static bool put_number(const char **text, struct rdata *rdata, size_t bytes)
{
    char word[R53_NAME_TEXT_BYTES];
    uint64_t number = 0;
    next_word(text, word);
    if (word[0] == '\0' || strlen(word) > 10)
        return false;
    for (const char *c = word; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return false;
        number = number * 10 + (uint64_t)(*c - '0');
    }
    if (number >> (8 * bytes) != 0)
        return false;
    for (size_t i = bytes; i-- > 0;) {
        uint8_t byte = (uint8_t)(number >> (8 * i));
        (void)put(rdata, &byte, 1);
    }
    return true;
}

static const char *put_name_word(const char **text, struct rdata *rdata)
{
    char word[R53_NAME_TEXT_BYTES];
    next_word(text, word);
    return parse_name(word, rdata);
}

static bool is_at_end(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

static const char *parse_mx(const char *text, struct rdata *rdata)
{
    const char *fault = NULL;
    if (!put_number(&text, rdata, 2))
        return "MXRRDATAIllegalPriority (Value must be a priority of 0 to 65535 and a domain name)";
    fault = put_name_word(&text, rdata);
    if (fault == NULL && !is_at_end(text))
        return "MXRRDATATooManyFields (Value must be a priority and a domain name)";
    return fault;
}

static const char *parse_srv(const char *text, struct rdata *rdata)
{
    const char *fault = NULL;
    for (size_t i = 0; i < 3; i++)
        if (!put_number(&text, rdata, 2))
            return "SRVRRDATAIllegalNumber (Value must be a priority, weight, port and domain "
                   "name)";
    fault = put_name_word(&text, rdata);
    if (fault == NULL && !is_at_end(text))
        return "SRVRRDATATooManyFields (Value must be a priority, weight, port and domain name)";
    return fault;
}

static const char *parse_soa(const char *text, struct rdata *rdata)
{
    const char *fault = put_name_word(&text, rdata);
    if (fault == NULL)
        fault = put_name_word(&text, rdata);
    for (size_t i = 0; i < 5 && fault == NULL; i++)
        if (!put_number(&text, rdata, 4))
            fault = "SOARRDATAIllegalNumber (Value must be two domain names and five numbers)";
    if (fault == NULL && !is_at_end(text))
        fault = "SOARRDATATooManyFields (Value must be two domain names and five numbers)";
    return fault;
}

/* One character of a quoted string; false at its end or at a bad escape. */
static bool next_character(const char **text, uint8_t *byte)
{
    const char *at = *text;
    if (*at == '\0' || *at == '"')
        return false;
    if (*at != '\\') {
        *byte = (uint8_t)*at;
        *text = at + 1;
        return true;
    }
    if (at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' && at[3] >= '0' &&
        at[3] <= '7') {
        *byte = (uint8_t)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
        *text = at + 4;
        return true;
    }
    if (at[1] == '\0')
        return false;
    *byte = (uint8_t)at[1];
    *text = at + 2;
    return true;
}

/* A quoted string of at most max bytes; *text then stands behind the closing mark. */
static const char *take_string(const char **text, uint8_t *bytes, size_t max, size_t *count)
{
    uint8_t byte = 0;
    if (**text != '"')
        return string_unquoted;
    (*text)++;
    for (*count = 0; next_character(text, &byte); bytes[(*count)++] = byte)
        if (*count == max)
            return string_too_long;
    if (**text != '"')
        return string_unquoted;
    (*text)++;
    return NULL;
}

static const char *parse_txt(const char *text, struct rdata *rdata)
{
    do {
        uint8_t string[256];
        size_t count = 0;
        const char *fault = NULL;
        text += strspn(text, " \t");
        fault = take_string(&text, string + 1, 255, &count);
        if (fault != NULL)
            return fault;
        if (*text != '\0' && *text != ' ' && *text != '\t')
            return string_unquoted;
        string[0] = (uint8_t)count;
        if (!put(rdata, string, count + 1))
            return string_too_long;
    } while (!is_at_end(text));
    return NULL;
}

static const char *parse_caa(const char *text, struct rdata *rdata)
{
    char tag[R53_NAME_TEXT_BYTES];
    uint8_t value[4000];
    size_t count = 0;
    const char *fault = NULL;
    uint8_t tag_bytes = 0;
    if (!put_number(&text, rdata, 1))
        return "CAARRDATAIllegalFlags (Value must have flags of 0 to 255, a tag and a value)";
    next_word(&text, tag);
    tag_bytes = (uint8_t)strlen(tag);
    if (tag[0] == '\0' || strlen(tag) > 255 ||
        strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != tag_bytes)
        return "CAARRDATAIllegalTag (Tag must be of letters and digits)";
    text += strspn(text, " \t");
    fault = take_string(&text, value, sizeof(value), &count);
    if (fault == NULL && !is_at_end(text))
        fault = string_unquoted;
    (void)put(rdata, &tag_bytes, 1);
    (void)put(rdata, tag, tag_bytes);
    (void)put(rdata, value, count);
    return fault;
}

static const struct {
    ldns_rr_type type;
    value_parser *parse;
} parsers[] = {
    {LDNS_RR_TYPE_A, parse_a},      {LDNS_RR_TYPE_AAAA, parse_aaaa},
    {LDNS_RR_TYPE_CAA, parse_caa},  {LDNS_RR_TYPE_CNAME, parse_name},
    {LDNS_RR_TYPE_MX, parse_mx},    {LDNS_RR_TYPE_NS, parse_name},
    {LDNS_RR_TYPE_PTR, parse_name}, {LDNS_RR_TYPE_SOA, parse_soa},
    {LDNS_RR_TYPE_SPF, parse_txt},  {LDNS_RR_TYPE_SRV, parse_srv},
    {LDNS_RR_TYPE_TXT, parse_txt},
};

static ldns_rr *record_from_rdata(ldns_rr_type type, struct rdata *rdata)
{
    ldns_rr *record = ldns_rr_new();
    size_t at = 0;
    size_t data_bytes = rdata->used - 2;
    CHECK(record != NULL);
    rdata->bytes[0] = (uint8_t)(data_bytes >> 8);
    rdata->bytes[1] = (uint8_t)data_bytes;
    ldns_rr_set_type(record, type);
    ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
    if (ldns_wire2rdf(record, rdata->bytes, rdata->used, &at) == LDNS_STATUS_OK)
        return record;
    ldns_rr_free(record);
    return NULL;
}

static ldns_rr *record_from_library(ldns_rr_type type, const char *text)
{
    char line[4200];
    ldns_rr *record = NULL;
    int length = snprintf(line, sizeof(line), ". 0 IN %s %s", r53_type_name(type), text);
    if (length < 0 || (size_t)length >= sizeof(line))
        return NULL;
    if (ldns_rr_new_frm_str(&record, line, 0, NULL, NULL) != LDNS_STATUS_OK)
        return NULL;
    if (ldns_rr_get_type(record) != type || ldns_rr_rd_count(record) == 0) {
        ldns_rr_free(record);
        return NULL;
    }
    ldns_rdf_deep_free(ldns_rr_owner(record)); /* each answer gives it an owner of its own */
    ldns_rr_set_owner(record, NULL);
    return record;
}

static bool has_control_character(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' && *text != '\t')
            return true;
    return false;
}

static void say_fault(char fault[R53_FAULT_BYTES], const char *problem, const char *text)
{
    static const char prefix[] = "FATAL problem: ";
    const char *middle = " encountered with";
    if (strncmp(problem, prefix, sizeof(prefix) - 1) == 0) { /* a name's sentence is complete */
        problem += sizeof(prefix) - 1;
        middle = "";
    }
    (void)snprintf(fault, R53_FAULT_BYTES,
                   "Invalid Resource Record: 'FATAL problem: %s%s '%.4096s''", problem, middle,
                   text);
}

bool r53_value_init(struct r53_value *value, ldns_rr_type type, const char *text,
                    char fault[R53_FAULT_BYTES])
{
    struct rdata rdata = {.used = 2};
    const char *problem = NULL;
    ldns_rr *record = NULL;
    bool is_ours = false;
    if (has_control_character(text))
        problem = "UnsupportedCharacter (Value contains unsupported characters)";
    for (size_t i = 0; i < ARRAY_LEN(parsers) && problem == NULL && !is_ours; i++)
        if (parsers[i].type == type) {
            problem = parsers[i].parse(text, &rdata);
            is_ours = true;
        }
    if (problem == NULL)
        record = is_ours ? record_from_rdata(type, &rdata) : record_from_library(type, text);
    if (record == NULL) {
        say_fault(fault, problem != NULL ? problem : "RRDATAIllegalFormat (Value is malformed)",
                  text);
        return false;
    }
    value->text = sim_strdup(text);
    value->record = record;
    return true;
}

void r53_value_fini(struct r53_value *value)
{
    free(value->text);
    ldns_rr_free(value->record);
    *value = (struct r53_value){0};
}

bool r53_value_target(const struct r53_value *value, struct r53_name *target)
{
    size_t index = 0;
    const ldns_rdf *field = NULL;
    switch ((int)ldns_rr_get_type(value->record)) {
    case LDNS_RR_TYPE_CNAME:
    case LDNS_RR_TYPE_NS:
    case LDNS_RR_TYPE_PTR:
        break;
    case LDNS_RR_TYPE_MX:
        index = 1;
        break;
    case LDNS_RR_TYPE_SRV:
        index = 3;
        break;
    default:
        return false;
    }
    field = ldns_rr_rdf(value->record, index);
    return field != NULL && r53_name_from_wire(ldns_rdf_data(field), ldns_rdf_size(field), target);
}
