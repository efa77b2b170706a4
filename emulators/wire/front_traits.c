/* front_traits.c -- the table. */
#include "emulators/wire/front_traits.h"

#include <string.h>

#define CORAL "com.amazon.coral.service"

static const struct front_error_form dynamodb_forms[] = {
    /* clang-format off */
    {"SerializationException",              CORAL, "Message"},
    {"UnknownOperationException",           CORAL, NULL},
    {"MissingAuthenticationTokenException", CORAL, "message"},
    {"IncompleteSignatureException",        CORAL, "message"},
    {"InvalidSignatureException",           CORAL, "message"},
    {"UnrecognizedClientException",         CORAL, "message"},
    {"AccessDeniedException",               CORAL, "Message"},
    {"InternalFailure",                     CORAL, NULL},
    {"TransactionCanceledException",        NULL,  "Message"},
    /* clang-format on */
};

static const char *const dynamodb_empty[] = {"TagResource", "UntagResource", NULL};

static const struct front_traits traits[] = {
    {
        .service = "dynamodb",
        .error_name_space = "com.amazonaws.dynamodb.v20120810",
        .forms = dynamodb_forms,
        .form_count = ARRAY_LEN(dynamodb_forms),
        .compresses = true,
        .has_crc32 = true,
        .has_server = true,
        .answers_nameless = true,
        .empty_operations = dynamodb_empty,
    },
    {
        .service = "dynamodbstreams",
        .signing_name = "dynamodb",
        .error_name_space = "com.amazonaws.dynamodb.v20120810",
        .forms = dynamodb_forms,
        .form_count = ARRAY_LEN(dynamodb_forms),
        .compresses = true,
        .has_crc32 = true,
        .has_server = true,
    },
};

static const struct front_traits others = {0};

const struct front_traits *front_traits_of(const char *service)
{
    for (size_t i = 0; i < ARRAY_LEN(traits); i++)
        if (strcmp(traits[i].service, service) == 0)
            return &traits[i];
    return &others;
}

const char *front_traits_signing_name(const struct front_traits *row, const char *service)
{
    return row->signing_name != NULL ? row->signing_name : service;
}
