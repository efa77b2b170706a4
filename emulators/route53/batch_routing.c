/* batch_routing.c -- the newer routing policies in a change: places of geoproximity, locations of
 * CIDR collections. See batch.h. */
#include <string.h>

#include "emulators/route53/batch.h"
#include "emulators/route53/cidr.h"
#include "emulators/route53/resolve.h"
#include "emulators/wire/call.h"

/* "-12.3", "+7", "8.05" to hundredths; the model's pattern has been checked. */
static int32_t hundredths(const char *text)
{
    int32_t value = 0;
    int decimals = -1;
    const bool is_negative = text[0] == '-';
    for (; *text != '\0'; text++) {
        if (*text == '.')
            decimals = 0;
        if (*text < '0' || *text > '9')
            continue;
        value = value * 10 + (*text - '0');
        decimals += decimals >= 0 ? 1 : 0;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < 2; i++)
        value *= 10;
    return is_negative ? -value : value;
}

static const char *read_coordinates(const cJSON *json, struct r53_proximity *place)
{
    const char *latitude = wire_text(json, "Latitude");
    const char *longitude = wire_text(json, "Longitude");
    place->kind = R53_NEAR_COORDINATES;
    (void)snprintf(place->latitude, sizeof(place->latitude), "%s", latitude);
    (void)snprintf(place->longitude, sizeof(place->longitude), "%s", longitude);
    place->point.latitude_cdeg = hundredths(latitude);
    place->point.longitude_cdeg = hundredths(longitude);
    if (place->point.latitude_cdeg < -9000 || place->point.latitude_cdeg > 9000)
        return "Latitude must be between -90 and 90";
    if (place->point.longitude_cdeg < -18000 || place->point.longitude_cdeg > 18000)
        return "Longitude must be between -180 and 180";
    return NULL;
}

const char *r53_proximity_decode(const cJSON *json, struct r53_proximity *place)
{
    const char *region = wire_text(json, "AWSRegion");
    const char *group = wire_text(json, "LocalZoneGroup");
    const cJSON *coordinates = wire_member(json, "Coordinates");
    const int given = (region != NULL) + (group != NULL) + (coordinates != NULL);
    if (given != 1)
        return given == 0 ? "Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates], "
                            "but found none in GeoProximityLocation"
                          : "Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates], "
                            "but found more than one in GeoProximityLocation";
    place->has_bias = wire_member(json, "Bias") != NULL;
    place->bias = (int)wire_integer(json, "Bias", 0);
    if (coordinates != NULL)
        return read_coordinates(coordinates, place);
    place->kind = region != NULL ? R53_NEAR_REGION : R53_NEAR_LOCAL_ZONE;
    (void)snprintf(place->place, sizeof(place->place), "%s", region != NULL ? region : group);
    if (region != NULL && !r53_region_point(region, &place->point))
        return "AWSRegion is not a Region that geoproximity knows";
    if (group != NULL && !r53_local_zone_point(group, &place->point))
        return "LocalZoneGroup is not a group that geoproximity knows";
    return NULL;
}

cJSON *r53_proximity_json(const struct r53_proximity *place)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *coordinates = NULL;
    switch (place->kind) {
    case R53_NEAR_REGION:
        cJSON_AddStringToObject(json, "AWSRegion", place->place);
        break;
    case R53_NEAR_LOCAL_ZONE:
        cJSON_AddStringToObject(json, "LocalZoneGroup", place->place);
        break;
    case R53_NEAR_COORDINATES:
        coordinates = cJSON_AddObjectToObject(json, "Coordinates");
        cJSON_AddStringToObject(coordinates, "Latitude", place->latitude);
        cJSON_AddStringToObject(coordinates, "Longitude", place->longitude);
        break;
    }
    if (place->has_bias)
        cJSON_AddNumberToObject(json, "Bias", place->bias);
    return json;
}

void r53_batch_check_collections(struct r53_batch *batch,
                                 const struct r53_cidr_collections *collections)
{
    for (size_t i = 0; i < batch->edit_count; i++) {
        struct r53_edit *edit = &batch->edits[i];
        const struct r53_cidr_routing *cidr = &edit->set->cidr;
        const struct r53_cidr_collection *collection = NULL;
        if (edit->action == R53_DELETE || edit->set->policy != R53_POLICY_CIDR)
            continue;
        collection = r53_cidr_find(collections, cidr->collection_id);
        if (collection != NULL && (strcmp(cidr->location, "*") == 0 ||
                                   r53_cidr_has_location(&collection->wanted, cidr->location)))
            continue;
        if (collection == NULL)
            r53_edit_fault(edit, "The CIDR collection with id %s does not exist.",
                           cidr->collection_id);
        else
            r53_edit_fault(edit, "The CIDR collection with id %s has no location %s.",
                           cidr->collection_id, cidr->location);
        edit->is_faulty = true;
    }
}
