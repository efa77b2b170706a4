/* orders.h -- the orders application: customers buy products, one order a product.
 *
 * Purpose  The program that the worlds and drills of this project run: served live behind each
 *          Region's address, and called in drills through the simulated network, by the same code.
 *          Its calls are those of the AWS sample "building resilient applications with DynamoDB
 *          global tables" (its Lambda functions), against the tables of its own Region.
 *
 *   POST /orders?customerId&productId&orderId  one transaction over three tables: the customer
 *                                              exists, the product goes from IN_STOCK to SOLD, the
 *                                              order is new. 200, or 400 with the reasons
 *   GET  /orders?orderId&productId             the order and its product. 200, or 404
 *   POST /fill?cust=N&order=N&product=N        makes that many of each. 200 with their ids
 *   GET  /health                               200
 *
 * Answers  JSON with the answering Region as "region"; 400 for what the client got wrong, 500 for
 *          an error of the database, 503 when it cannot be reached or is throttling.
 * Settings customers_table, products_table, orders_table; the sample's names by default. */
#ifndef EXAMPLES_ORDERS_ORDERS_H
#define EXAMPLES_ORDERS_ORDERS_H

#include "topology/application.h"

extern const struct topo_application orders_application;

#endif
