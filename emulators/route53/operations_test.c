/* operations_test.c -- TestDNSAnswer: what DNS would say to a resolver somewhere. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/dns.h"
#include "emulators/route53/route53_internal.h"

static const char *rcode_name(int rcode)
{
    static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    return rcode >= 0 && (size_t)rcode < ARRAY_LEN(names) ? names[rcode] : "SERVFAIL";
}

/* The resolver's Region: by client subnet, by its address, else us-east-1. False: the call failed.
 */
static bool find_client(struct r53 *r53, struct wire_call *call, struct r53_client *client)
{
    const char *subnet = wire_text(call->input, "EDNS0ClientSubnetIP");
    const char *mask = wire_text(call->input, "EDNS0ClientSubnetMask");
    const char *resolver = wire_text(call->input, "ResolverIP");
    const char *text = subnet != NULL ? subnet : resolver;
    struct r53_address address = {.byte_count = 0};
    *client = r53_client_in(r53, "us-east-1");
    if (mask != NULL && subnet == NULL) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : A subnet mask needs a client subnet IP beside it.");
        return false;
    }
    if (text == NULL)
        return true;
    if (!r53_address_parse(text, &address)) {
        (void)wire_fail(call, "InvalidInput", "Invalid parameter : %s is not a valid IP address.",
                        text);
        return false;
    }
    if (mask != NULL && (mask[strspn(mask, "0123456789")] != '\0' ||
                         strtol(mask, NULL, 10) > 8 * address.byte_count)) {
        (void)wire_fail(call, "InvalidInput", "Invalid parameter : %s is not a valid subnet mask.",
                        mask);
        return false;
    }
    text = r53_client_region(r53, &address);
    if (text != NULL)
        client->region = text;
    client->address = address;
    client->prefix_bits = 8 * address.byte_count;
    if (subnet != NULL) /* 24 and 64 are what the service takes without a mask */
        client->prefix_bits =
            mask != NULL ? (uint8_t)strtol(mask, NULL, 10) : (address.byte_count == 4 ? 24 : 64);
    return true;
}

enum wire_progress r53_test_dns_answer(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_zone *zone = r53_need_zone(r53, call, wire_text(call->input, "HostedZoneId"));
    const char *type = wire_text(call->input, "RecordType");
    const char *name_text = wire_text(call->input, "RecordName");
    struct r53_client client;
    struct r53_name name;
    struct r53_resolver resolver;
    char text[R53_NAME_TEXT_BYTES];
    cJSON *output = NULL;
    cJSON *data = NULL;
    if (zone == NULL || !find_client(r53, call, &client))
        return WIRE_DONE;
    if (zone->is_private)
        return wire_fail(call, "InvalidInput",
                         "Invalid parameter : TestDNSAnswer is for public hosted zones only.");
    if (r53_name_parse(name_text, &name) != R53_NAME_OK ||
        !r53_name_is_within(&name, &zone->name) || r53_type_by_name(type) == (ldns_rr_type)0)
        return wire_fail(call, "InvalidInput",
                         "Invalid parameter : The record %s does not lie within the hosted zone.",
                         name_text);
    resolver = r53_resolver_for(r53, zone, &client);
    r53_resolver_answer(&resolver, &name, r53_type_by_name(type), r53->result);
    r53_name_text(name.wire, text);
    text[strlen(text) - 1] = '\0'; /* without the last dot, as the service echoes it */
    output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "Nameserver", zone->name_servers[0]);
    cJSON_AddStringToObject(output, "RecordName", text);
    cJSON_AddStringToObject(output, "RecordType", type);
    data = cJSON_AddArrayToObject(output, "RecordData");
    for (size_t i = 0; i < r53->result->value_count; i++) {
        char value[513];
        r53_value_text(r53->result->values[i], value, sizeof(value));
        cJSON_AddItemToArray(data, cJSON_CreateString(value));
    }
    cJSON_AddStringToObject(output, "ResponseCode", rcode_name(r53->result->rcode));
    cJSON_AddStringToObject(output, "Protocol", "UDP");
    return wire_succeed(call, output);
}
