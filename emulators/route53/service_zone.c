#include "emulators/route53/service_zone.h"

#include <ctype.h>
#include <string.h>

/* clang-format off */
static const struct r53_service_zone zones[] = {
    {"Z2FDTNDATAQYW2", R53_SERVICE_CLOUDFRONT, ""}, /* and edge-optimized API Gateway */
    {"Z2BJ6XQ5FK7U4H", R53_SERVICE_ACCELERATOR, ""},
    {"Z2DHW2332DAMTN", R53_SERVICE_API_GATEWAY, "af-south-1"},
    {"Z3FD1VL90ND7K5", R53_SERVICE_API_GATEWAY, "ap-east-1"},
    {"Z02909591O7FG9Q56HWB1", R53_SERVICE_API_GATEWAY, "ap-east-2"},
    {"Z1YSHQZHG15GKL", R53_SERVICE_API_GATEWAY, "ap-northeast-1"},
    {"Z20JF4UZKIW1U8", R53_SERVICE_API_GATEWAY, "ap-northeast-2"},
    {"Z22ILHG95FLSZ2", R53_SERVICE_API_GATEWAY, "ap-northeast-3"},
    {"Z3VO1THU9YC4UR", R53_SERVICE_API_GATEWAY, "ap-south-1"},
    {"Z0853509Q1135NJ66RUH", R53_SERVICE_API_GATEWAY, "ap-south-2"},
    {"ZL327KTPIQFUL", R53_SERVICE_API_GATEWAY, "ap-southeast-1"},
    {"Z2RPCDW04V8134", R53_SERVICE_API_GATEWAY, "ap-southeast-2"},
    {"Z10132843TYUYSLUG4HA3", R53_SERVICE_API_GATEWAY, "ap-southeast-3"},
    {"Z092189423Y7RJK61311D", R53_SERVICE_API_GATEWAY, "ap-southeast-4"},
    {"Z0314042F0KBUTZ3X5HF", R53_SERVICE_API_GATEWAY, "ap-southeast-5"},
    {"Z01392953RKV2Q3RBP0KU", R53_SERVICE_API_GATEWAY, "ap-southeast-6"},
    {"Z048508712PZLK5NKG8R0", R53_SERVICE_API_GATEWAY, "ap-southeast-7"},
    {"Z19DQILCV0OWEC", R53_SERVICE_API_GATEWAY, "ca-central-1"},
    {"Z04745493436AWVTG1OQY", R53_SERVICE_API_GATEWAY, "ca-west-1"},
    {"Z1U9ULNL0V5AJ3", R53_SERVICE_API_GATEWAY, "eu-central-1"},
    {"Z09222482MK253X48U76H", R53_SERVICE_API_GATEWAY, "eu-central-2"},
    {"Z3UWIKFBOOGXPP", R53_SERVICE_API_GATEWAY, "eu-north-1"},
    {"Z3BT4WSQ9TDYZV", R53_SERVICE_API_GATEWAY, "eu-south-1"},
    {"Z02499852UI5HEQ5JVWX3", R53_SERVICE_API_GATEWAY, "eu-south-2"},
    {"ZLY8HYME6SFDD", R53_SERVICE_API_GATEWAY, "eu-west-1"},
    {"ZJ5UAJN8Y3Z2Q", R53_SERVICE_API_GATEWAY, "eu-west-2"},
    {"Z3KY65QIEKYHQQ", R53_SERVICE_API_GATEWAY, "eu-west-3"},
    {"Z07264553HBI44N5X2CKP", R53_SERVICE_API_GATEWAY, "il-central-1"},
    {"Z08780021BKYYY8U0YHTV", R53_SERVICE_API_GATEWAY, "me-central-1"},
    {"Z20ZBPC0SS8806", R53_SERVICE_API_GATEWAY, "me-south-1"},
    {"Z00020171WIGL5M88SHRM", R53_SERVICE_API_GATEWAY, "mx-central-1"},
    {"ZCMLWB8V5SYIT", R53_SERVICE_API_GATEWAY, "sa-east-1"},
    {"Z1UJRXOUMOOFQ8", R53_SERVICE_API_GATEWAY, "us-east-1"},
    {"ZOJJZC49E0EPZ", R53_SERVICE_API_GATEWAY, "us-east-2"},
    {"Z3SE9ATJYCRCZJ", R53_SERVICE_API_GATEWAY, "us-gov-east-1"},
    {"Z1K6XKP9SAGWDV", R53_SERVICE_API_GATEWAY, "us-gov-west-1"},
    {"Z2MUQ32089INYE", R53_SERVICE_API_GATEWAY, "us-west-1"},
    {"Z2OJLYMUO9EFXC", R53_SERVICE_API_GATEWAY, "us-west-2"},
    {"Z268VQBMOI5EKX", R53_SERVICE_LOAD_BALANCER, "af-south-1"},
    {"Z3DQVH9N71FHZ0", R53_SERVICE_LOAD_BALANCER, "ap-east-1"},
    {"Z14GRHDCWA56QT", R53_SERVICE_LOAD_BALANCER, "ap-northeast-1"},
    {"ZWKZPGTI48KDX", R53_SERVICE_LOAD_BALANCER, "ap-northeast-2"},
    {"Z5LXEXXYW11ES", R53_SERVICE_LOAD_BALANCER, "ap-northeast-3"},
    {"ZP97RAFLXTNZK", R53_SERVICE_LOAD_BALANCER, "ap-south-1"},
    {"Z1LMS91P8CMLE5", R53_SERVICE_LOAD_BALANCER, "ap-southeast-1"},
    {"Z1GM3OXH4ZPM65", R53_SERVICE_LOAD_BALANCER, "ap-southeast-2"},
    {"ZQSVJUPU6J1EY", R53_SERVICE_LOAD_BALANCER, "ca-central-1"},
    {"Z215JYRZR1TBD5", R53_SERVICE_LOAD_BALANCER, "eu-central-1"},
    {"Z23TAZ6LKFMNIO", R53_SERVICE_LOAD_BALANCER, "eu-north-1"},
    {"Z3ULH7SSC9OV64", R53_SERVICE_LOAD_BALANCER, "eu-south-1"},
    {"Z32O12XQLNTSW2", R53_SERVICE_LOAD_BALANCER, "eu-west-1"},
    {"ZHURV8PSTC4K8", R53_SERVICE_LOAD_BALANCER, "eu-west-2"},
    {"Z3Q77PNBQS71R4", R53_SERVICE_LOAD_BALANCER, "eu-west-3"},
    {"ZS929ML54UICD", R53_SERVICE_LOAD_BALANCER, "me-south-1"},
    {"Z2P70J7HTTTPLU", R53_SERVICE_LOAD_BALANCER, "sa-east-1"},
    {"Z35SXDOTRQ7X7K", R53_SERVICE_LOAD_BALANCER, "us-east-1"},
    {"Z3AADJGX6KTTL2", R53_SERVICE_LOAD_BALANCER, "us-east-2"},
    {"Z368ELLRRE2KJ0", R53_SERVICE_LOAD_BALANCER, "us-west-1"},
    {"Z1H1FL5HABSF5", R53_SERVICE_LOAD_BALANCER, "us-west-2"},
    {"Z203XCE67M25HM", R53_SERVICE_NETWORK_BALANCER, "af-south-1"},
    {"Z12Y7K3UBGUAD1", R53_SERVICE_NETWORK_BALANCER, "ap-east-1"},
    {"Z31USIVHYNEOWT", R53_SERVICE_NETWORK_BALANCER, "ap-northeast-1"},
    {"ZIBE1TIR4HY56", R53_SERVICE_NETWORK_BALANCER, "ap-northeast-2"},
    {"Z1GWIQ4HH19I5X", R53_SERVICE_NETWORK_BALANCER, "ap-northeast-3"},
    {"ZVDDRBQ08TROA", R53_SERVICE_NETWORK_BALANCER, "ap-south-1"},
    {"ZKVM4W9LS7TM", R53_SERVICE_NETWORK_BALANCER, "ap-southeast-1"},
    {"ZCT6FZBF4DROD", R53_SERVICE_NETWORK_BALANCER, "ap-southeast-2"},
    {"Z2EPGBW3API2WT", R53_SERVICE_NETWORK_BALANCER, "ca-central-1"},
    {"Z3F0SRJ5LGBH90", R53_SERVICE_NETWORK_BALANCER, "eu-central-1"},
    {"Z1UDT6IFJ4EJM", R53_SERVICE_NETWORK_BALANCER, "eu-north-1"},
    {"Z23146JA1KNAFP", R53_SERVICE_NETWORK_BALANCER, "eu-south-1"},
    {"Z2IFOLAFXWLO4F", R53_SERVICE_NETWORK_BALANCER, "eu-west-1"},
    {"ZD4D7Y8KGAS4G", R53_SERVICE_NETWORK_BALANCER, "eu-west-2"},
    {"Z1CMS0P5QUZ6D5", R53_SERVICE_NETWORK_BALANCER, "eu-west-3"},
    {"Z3QSRYVP46NYYV", R53_SERVICE_NETWORK_BALANCER, "me-south-1"},
    {"ZTK26PT1VY4CU", R53_SERVICE_NETWORK_BALANCER, "sa-east-1"},
    {"Z26RNL4JYFTOTI", R53_SERVICE_NETWORK_BALANCER, "us-east-1"},
    {"ZLMOA37VPKANP", R53_SERVICE_NETWORK_BALANCER, "us-east-2"},
    {"Z24FKFUX50B4VW", R53_SERVICE_NETWORK_BALANCER, "us-west-1"},
    {"Z18D5FSROUN65G", R53_SERVICE_NETWORK_BALANCER, "us-west-2"},
    {"ZNB98KWMFR0R6", R53_SERVICE_WEBSITE, "ap-east-1"},
    {"Z2M4EHUR26P7ZW", R53_SERVICE_WEBSITE, "ap-northeast-1"},
    {"Z3W03O7B5YMIYP", R53_SERVICE_WEBSITE, "ap-northeast-2"},
    {"Z2YQB5RD63NC85", R53_SERVICE_WEBSITE, "ap-northeast-3"},
    {"Z11RGJOFQNVJUP", R53_SERVICE_WEBSITE, "ap-south-1"},
    {"Z3O0J2DXBE1FTB", R53_SERVICE_WEBSITE, "ap-southeast-1"},
    {"Z1WCIGYICN2BYD", R53_SERVICE_WEBSITE, "ap-southeast-2"},
    {"Z1QDHH18159H29", R53_SERVICE_WEBSITE, "ca-central-1"},
    {"Z21DNDUVLTQW6Q", R53_SERVICE_WEBSITE, "eu-central-1"},
    {"Z3BAZG2TWCNX0D", R53_SERVICE_WEBSITE, "eu-north-1"},
    {"Z1BKCTXD74EZPE", R53_SERVICE_WEBSITE, "eu-west-1"},
    {"Z3GKZC51ZF0DB4", R53_SERVICE_WEBSITE, "eu-west-2"},
    {"Z3R1K369G5AVDG", R53_SERVICE_WEBSITE, "eu-west-3"},
    {"Z7KQH4QJS55SO", R53_SERVICE_WEBSITE, "sa-east-1"},
    {"Z3AQBSTGFYJSTF", R53_SERVICE_WEBSITE, "us-east-1"},
    {"Z2O1EMRO9K5GLX", R53_SERVICE_WEBSITE, "us-east-2"},
    {"Z31GFT0UA1I2HV", R53_SERVICE_WEBSITE, "us-gov-west-1"},
    {"Z2F56UZL2M1ACD", R53_SERVICE_WEBSITE, "us-west-1"},
    {"Z3BJ6K6RIION7M", R53_SERVICE_WEBSITE, "us-west-2"},
    {"Z1EI3BVKMKK4AM", R53_SERVICE_BEANSTALK, "af-south-1"},
    {"ZPWYUBWRU171A", R53_SERVICE_BEANSTALK, "ap-east-1"},
    {"Z1R25G3KIG2GBW", R53_SERVICE_BEANSTALK, "ap-northeast-1"},
    {"Z3JE5OI70TWKCP", R53_SERVICE_BEANSTALK, "ap-northeast-2"},
    {"ZNE5GEY1TIAGY", R53_SERVICE_BEANSTALK, "ap-northeast-3"},
    {"Z18NTBI3Y7N9TZ", R53_SERVICE_BEANSTALK, "ap-south-1"},
    {"Z10223522IBWPBF2C2FJS", R53_SERVICE_BEANSTALK, "ap-south-2"},
    {"Z16FZ9L249IFLT", R53_SERVICE_BEANSTALK, "ap-southeast-1"},
    {"Z2PCDNR3VC2G1N", R53_SERVICE_BEANSTALK, "ap-southeast-2"},
    {"ZJFCZL7SSZB5I", R53_SERVICE_BEANSTALK, "ca-central-1"},
    {"Z1021028356Y0CYS11DQI", R53_SERVICE_BEANSTALK, "ca-west-1"},
    {"Z1FRNW7UH4DEZJ", R53_SERVICE_BEANSTALK, "eu-central-1"},
    {"Z23GO28BZ5AETM", R53_SERVICE_BEANSTALK, "eu-north-1"},
    {"Z10VDYYOA2JFKM", R53_SERVICE_BEANSTALK, "eu-south-1"},
    {"Z2NYPWQ7DFZAZH", R53_SERVICE_BEANSTALK, "eu-west-1"},
    {"Z1GKAAAUGATPF1", R53_SERVICE_BEANSTALK, "eu-west-2"},
    {"Z5WN6GAYWG5OB", R53_SERVICE_BEANSTALK, "eu-west-3"},
    {"Z2BBTEKR2I36N2", R53_SERVICE_BEANSTALK, "me-south-1"},
    {"Z10X7K2B4QSOFV", R53_SERVICE_BEANSTALK, "sa-east-1"},
    {"Z117KPS5GTRQ2G", R53_SERVICE_BEANSTALK, "us-east-1"},
    {"Z14LCN19Q5QHIC", R53_SERVICE_BEANSTALK, "us-east-2"},
    {"Z1LQECGX5PH1X", R53_SERVICE_BEANSTALK, "us-west-1"},
    {"Z38NKT9BP95V3O", R53_SERVICE_BEANSTALK, "us-west-2"},
};
static const struct r53_service_zone vpc_endpoint = {"", R53_SERVICE_VPC_ENDPOINT, ""};

/* How names of a service end; %R stands for the Region. All need something before the dot, but for
 * websites, which are named by the endpoint alone. */
static const struct {
    enum r53_service_kind kind;
    const char *end;
} forms[] = {
    {R53_SERVICE_API_GATEWAY,      ".execute-api.%R.amazonaws.com"},
    {R53_SERVICE_CLOUDFRONT,       ".cloudfront.net"},
    {R53_SERVICE_ACCELERATOR,      ".awsglobalaccelerator.com"},
    {R53_SERVICE_LOAD_BALANCER,    ".%R.elb.amazonaws.com"},
    {R53_SERVICE_NETWORK_BALANCER, ".elb.%R.amazonaws.com"},
    {R53_SERVICE_WEBSITE,          "s3-website-%R.amazonaws.com"},
    {R53_SERVICE_WEBSITE,          "s3-website.%R.amazonaws.com"},
    {R53_SERVICE_BEANSTALK,        ".%R.elasticbeanstalk.com"},
};
/* clang-format on */

static const struct r53_service_zone *find_zone(const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(zones); i++)
        if (strcmp(zones[i].id, id) == 0)
            return &zones[i];
    return NULL;
}

static void expand(const char *form, const char *region, char *text, size_t bytes)
{
    const char *mark = strstr(form, "%R");
    if (mark == NULL)
        (void)snprintf(text, bytes, "%s", form);
    else
        (void)snprintf(text, bytes, "%.*s%s%s", (int)(mark - form), form, region, mark + 2);
}

static bool ends_with(const char *name, const char *end)
{
    const size_t bytes = strlen(name);
    const size_t end_bytes = strlen(end);
    if (end[0] != '.')
        return strcmp(name, end) == 0;
    return bytes > end_bytes && strcmp(name + bytes - end_bytes, end) == 0;
}

static bool has_form(const struct r53_service_zone *zone, const char *name)
{
    char end[128];
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        expand(forms[i].end, zone->region, end, sizeof(end));
        if (forms[i].kind == zone->kind && ends_with(name, end))
            return true;
    }
    return false;
}

/* "vpce-0a1b.execute-api.us-east-1.vpce.amazonaws.com": the Region is before ".vpce". */
static bool vpc_endpoint_region(const char *name, char region[R53_REGION_BYTES])
{
    static const char end[] = ".vpce.amazonaws.com";
    const size_t bytes = strlen(name);
    size_t last = 0;
    size_t first = 0;
    if (strncmp(name, "vpce-", 5) != 0 || !ends_with(name, end))
        return false;
    last = bytes - (sizeof(end) - 1);
    for (first = last; first > 0 && name[first - 1] != '.';)
        first--;
    if (first == 0 || last - first >= R53_REGION_BYTES)
        return false;
    memcpy(region, name + first, last - first);
    region[last - first] = '\0';
    return true;
}

enum r53_service_match r53_service_zone_match(const char *zone_id, const char *name,
                                              const struct r53_service_zone **zone,
                                              char region[R53_REGION_BYTES])
{
    char lower[R53_NAME_TEXT_BYTES];
    size_t bytes = strlen(name);
    if (bytes > 0 && name[bytes - 1] == '.')
        bytes--;
    if (bytes >= sizeof(lower))
        return R53_SERVICE_NONE;
    for (size_t i = 0; i < bytes; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    lower[bytes] = '\0';
    *zone = find_zone(zone_id);
    if (*zone == NULL) {
        *zone = &vpc_endpoint;
        return vpc_endpoint_region(lower, region) ? R53_SERVICE_FOUND : R53_SERVICE_NONE;
    }
    (void)snprintf(region, R53_REGION_BYTES, "%s", (*zone)->region);
    return has_form(*zone, lower) ? R53_SERVICE_FOUND : R53_SERVICE_FOREIGN;
}

const char *r53_service_zone_id_of(const char *name)
{
    const struct r53_service_zone *found = NULL;
    char region[R53_REGION_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(zones); i++)
        if (r53_service_zone_match(zones[i].id, name, &found, region) == R53_SERVICE_FOUND)
            return zones[i].id;
    return NULL;
}

bool r53_service_has_type(const struct r53_service_zone *zone, ldns_rr_type type)
{
    return type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA ||
           (type == LDNS_RR_TYPE_HTTPS && zone->kind == R53_SERVICE_CLOUDFRONT);
}
