#include "sim/cli/registry.h"

#include "examples/orders/orders.h"

static const struct topo_application *const applications[] = {&orders_application};

const struct topo_registry cli_registry = {
    .applications = applications,
    .count = ARRAY_LEN(applications),
};
