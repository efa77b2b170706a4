/* Who asked the DNS, what they got, and why. */
#include <stdlib.h>
#include <string.h>

#include "sim/console/control_internal.h"
#include "sim/core/buffer.h"

#define LAST_DEFAULT 20
#define LAST_MAX     1000

static const char *text_in(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? text : "";
}

/* "TIME CLIENT (in REGION, udp) NAME TYPE: ANSWER, 60 s", and the steps below. */
static void print_query(struct sim_buffer *lines, const cJSON *query)
{
    const char *answer = text_in(query, "answer");
    const char *region = text_in(query, "client_region");
    sim_buffer_printf(lines, "%s%s %s (%s%s%s) %s %s: %s", lines->length_bytes > 0 ? "\n" : "",
                      text_in(query, "at"), text_in(query, "client"),
                      region[0] != '\0' ? region : "", region[0] != '\0' ? ", " : "",
                      text_in(query, "transport"), text_in(query, "name"), text_in(query, "type"),
                      answer[0] != '\0' ? answer : text_in(query, "status"));
    const cJSON *ttl = cJSON_GetObjectItemCaseSensitive(query, "ttl_s");
    if (answer[0] != '\0')
        sim_buffer_printf(lines, ", for %.0f s", cJSON_GetNumberValue(ttl));
    const cJSON *step = NULL;
    cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(query, "steps"))
    {
        sim_buffer_printf(lines, "\n  %s", step->valuestring);
    }
}

static bool read_last(struct control_exchange *exchange, size_t *last)
{
    const char *text = control_text(exchange, "last");
    *last = LAST_DEFAULT;
    if (text == NULL)
        return true;
    bool is_number = strspn(text, "0123456789") == strlen(text) && strlen(text) <= 4;
    *last = is_number ? strtoul(text, NULL, 10) : 0;
    if (*last >= 1 && *last <= LAST_MAX)
        return true;
    control_fail(exchange, 400, "'last' is a number from 1 to %d", LAST_MAX);
    return false;
}

void control_dns_log(struct control_exchange *exchange)
{
    size_t last = 0;
    if (!read_last(exchange, &last))
        return;
    cJSON *answer = r53_queries(exchange->world->r53, control_text(exchange, "name"), last);
    struct sim_buffer lines;
    sim_buffer_init(&lines);
    const cJSON *query = NULL;
    cJSON_ArrayForEach(query, cJSON_GetObjectItemCaseSensitive(answer, "queries"))
    {
        print_query(&lines, query);
    }
    control_reply(exchange, answer, "%s", lines.length_bytes > 0 ? lines.data : "nobody asked");
    sim_buffer_fini(&lines);
}
