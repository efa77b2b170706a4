/* geography.c -- where Regions lie, and which places a geolocation record may name.
 *
 * A simulated client is in a Region, so its continent, country, US state and coordinates are the
 * Region's. */
#include <string.h>

#include "emulators/route53/resolve.h"

/* clang-format off */
static const struct {
    const char *region;
    struct r53_location location;
    struct r53_point point; /* of the city or county that AWS names for the Region */
} regions[] = {
    {"af-south-1", {"AF", "ZA", ""}, {-3392, 1842}},
    {"ap-east-1", {"AS", "HK", ""}, {2229, 11416}},
    {"ap-east-2", {"AS", "TW", ""}, {2503, 12156}},
    {"ap-northeast-1", {"AS", "JP", ""}, {3568, 13976}},
    {"ap-northeast-2", {"AS", "KR", ""}, {3756, 12699}},
    {"ap-northeast-3", {"AS", "JP", ""}, {3469, 13550}},
    {"ap-south-1", {"AS", "IN", ""}, {1907, 7287}},
    {"ap-south-2", {"AS", "IN", ""}, {1738, 7848}},
    {"ap-southeast-1", {"AS", "SG", ""}, {129, 10385}},
    {"ap-southeast-2", {"OC", "AU", ""}, {-3386, 15120}},
    {"ap-southeast-3", {"AS", "ID", ""}, {-620, 10684}},
    {"ap-southeast-4", {"OC", "AU", ""}, {-3781, 14496}},
    {"ap-southeast-5", {"AS", "MY", ""}, {313, 10168}},
    {"ap-southeast-6", {"OC", "NZ", ""}, {-3684, 17476}},
    {"ap-southeast-7", {"AS", "TH", ""}, {1375, 10050}},
    {"ca-central-1", {"NA", "CA", ""}, {4550, -7356}},
    {"ca-west-1", {"NA", "CA", ""}, {5104, -11407}},
    {"cn-north-1", {"AS", "CN", ""}, {3990, 11640}},
    {"cn-northwest-1", {"AS", "CN", ""}, {3750, 10518}},
    {"eu-central-1", {"EU", "DE", ""}, {5011, 868}},
    {"eu-central-2", {"EU", "CH", ""}, {4737, 854}},
    {"eu-north-1", {"EU", "SE", ""}, {5932, 1806}},
    {"eu-south-1", {"EU", "IT", ""}, {4546, 919}},
    {"eu-south-2", {"EU", "ES", ""}, {4164, -88}},
    {"eu-west-1", {"EU", "IE", ""}, {5334, -626}},
    {"eu-west-2", {"EU", "GB", ""}, {5150, -12}},
    {"eu-west-3", {"EU", "FR", ""}, {4885, 235}},
    {"il-central-1", {"AS", "IL", ""}, {3208, 3478}},
    {"me-central-1", {"AS", "AE", ""}, {2520, 5527}},
    {"me-south-1", {"AS", "BH", ""}, {2622, 5058}},
    {"mx-central-1", {"NA", "MX", ""}, {2058, -10038}},
    {"sa-east-1", {"SA", "BR", ""}, {-2355, -4663}},
    {"us-east-1", {"NA", "US", "VA"}, {3894, -7745}},
    {"us-east-2", {"NA", "US", "OH"}, {3996, -8299}},
    {"us-gov-east-1", {"NA", "US", "OH"}, {3996, -8299}},
    {"us-gov-west-1", {"NA", "US", "OR"}, {4583, -11970}},
    {"us-west-1", {"NA", "US", "CA"}, {3735, -12195}},
    {"us-west-2", {"NA", "US", "OR"}, {4583, -11970}},
};
static const struct {
    const char *group; /* without its number */
    struct r53_point point;
} local_zones[] = {
    {"af-south-1-los-", {652, 338}},
    {"ap-northeast-1-tpe-", {2503, 12156}},
    {"ap-south-1-ccu-", {2257, 8836}},
    {"ap-south-1-del-", {2861, 7721}},
    {"ap-southeast-1-bkk-", {1375, 10050}},
    {"ap-southeast-1-mnl-", {1460, 12098}},
    {"ap-southeast-2-akl-", {-3685, 17476}},
    {"ap-southeast-2-per-", {-3195, 11586}},
    {"eu-central-1-ham-", {5355, 999}},
    {"eu-central-1-waw-", {5223, 2101}},
    {"eu-north-1-cph-", {5568, 1257}},
    {"eu-north-1-hel-", {6017, 2494}},
    {"me-south-1-mct-", {2359, 5841}},
    {"us-east-1-atl-", {3375, -8439}},
    {"us-east-1-bos-", {4236, -7106}},
    {"us-east-1-bue-", {-3460, -5838}},
    {"us-east-1-chi-", {4188, -8763}},
    {"us-east-1-dfw-", {3278, -9680}},
    {"us-east-1-iah-", {2976, -9537}},
    {"us-east-1-lim-", {-1205, -7704}},
    {"us-east-1-mci-", {3910, -9458}},
    {"us-east-1-mia-", {2576, -8019}},
    {"us-east-1-msp-", {4498, -9327}},
    {"us-east-1-nyc-", {4071, -7401}},
    {"us-east-1-phl-", {3995, -7517}},
    {"us-east-1-qro-", {2059, -10039}},
    {"us-east-1-scl-", {-3345, -7067}},
    {"us-west-2-den-", {3974, -10499}},
    {"us-west-2-hnl-", {2131, -15786}},
    {"us-west-2-las-", {3617, -11514}},
    {"us-west-2-lax-", {3405, -11824}},
    {"us-west-2-pdx-", {4552, -12268}},
    {"us-west-2-phx-", {3345, -11207}},
    {"us-west-2-sea-", {4761, -12233}},
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

bool r53_region_point(const char *region, struct r53_point *point)
{
    for (size_t i = 0; i < ARRAY_LEN(regions) && region != NULL; i++)
        if (strcmp(regions[i].region, region) == 0) {
            *point = regions[i].point;
            return true;
        }
    return false;
}

/* A group's name ends with a number, "us-east-1-bos-1"; a zone's with a letter more. */
bool r53_local_zone_point(const char *group, struct r53_point *point)
{
    for (size_t i = 0; i < ARRAY_LEN(local_zones); i++) {
        const size_t bytes = strlen(local_zones[i].group);
        if (strncmp(local_zones[i].group, group, bytes) == 0 && group[bytes] >= '1' &&
            group[bytes] <= '9' && group[bytes + 1] == '\0') {
            *point = local_zones[i].point;
            return true;
        }
    }
    return false;
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
