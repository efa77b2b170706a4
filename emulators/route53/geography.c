/* geography.c -- where Regions lie, and which places a geolocation record may name.
 *
 * A simulated client is in a Region, so its continent, country and US state are the Region's. */
#include <string.h>

#include "emulators/route53/resolve.h"

/* clang-format off */
static const struct {
    const char *region;
    struct r53_location location;
} regions[] = {
    {"af-south-1", {"AF", "ZA", ""}},
    {"ap-east-1", {"AS", "HK", ""}},
    {"ap-east-2", {"AS", "TW", ""}},
    {"ap-northeast-1", {"AS", "JP", ""}},
    {"ap-northeast-2", {"AS", "KR", ""}},
    {"ap-northeast-3", {"AS", "JP", ""}},
    {"ap-south-1", {"AS", "IN", ""}},
    {"ap-south-2", {"AS", "IN", ""}},
    {"ap-southeast-1", {"AS", "SG", ""}},
    {"ap-southeast-2", {"OC", "AU", ""}},
    {"ap-southeast-3", {"AS", "ID", ""}},
    {"ap-southeast-4", {"OC", "AU", ""}},
    {"ap-southeast-5", {"AS", "MY", ""}},
    {"ap-southeast-6", {"OC", "NZ", ""}},
    {"ap-southeast-7", {"AS", "TH", ""}},
    {"ca-central-1", {"NA", "CA", ""}},
    {"ca-west-1", {"NA", "CA", ""}},
    {"cn-north-1", {"AS", "CN", ""}},
    {"cn-northwest-1", {"AS", "CN", ""}},
    {"eu-central-1", {"EU", "DE", ""}},
    {"eu-central-2", {"EU", "CH", ""}},
    {"eu-north-1", {"EU", "SE", ""}},
    {"eu-south-1", {"EU", "IT", ""}},
    {"eu-south-2", {"EU", "ES", ""}},
    {"eu-west-1", {"EU", "IE", ""}},
    {"eu-west-2", {"EU", "GB", ""}},
    {"eu-west-3", {"EU", "FR", ""}},
    {"il-central-1", {"AS", "IL", ""}},
    {"me-central-1", {"AS", "AE", ""}},
    {"me-south-1", {"AS", "BH", ""}},
    {"mx-central-1", {"NA", "MX", ""}},
    {"sa-east-1", {"SA", "BR", ""}},
    {"us-east-1", {"NA", "US", "VA"}},
    {"us-east-2", {"NA", "US", "OH"}},
    {"us-gov-east-1", {"NA", "US", "OH"}},
    {"us-gov-west-1", {"NA", "US", "OR"}},
    {"us-west-1", {"NA", "US", "CA"}},
    {"us-west-2", {"NA", "US", "OR"}},
};
static const char *const continents = "AF AN AS EU NA OC SA ";
static const char *const countries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
    "BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ "
    "EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU "
    "MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT "
    "PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC "
    "TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS "
    "XK YE YT ZA ZM ZW ";
/* clang-format on */

const struct r53_location *r53_region_location(const char *region)
{
    for (size_t i = 0; i < ARRAY_LEN(regions) && region != NULL; i++)
        if (strcmp(regions[i].region, region) == 0)
            return &regions[i].location;
    return NULL;
}

static bool is_listed(const char *list, const char *code)
{
    if (strlen(code) != 2)
        return false;
    for (; list[0] != '\0'; list += 3)
        if (list[0] == code[0] && list[1] == code[1])
            return true;
    return false;
}

bool r53_is_continent(const char *code)
{
    return is_listed(continents, code);
}

bool r53_is_country(const char *code)
{
    return strcmp(code, "*") == 0 || is_listed(countries, code);
}
