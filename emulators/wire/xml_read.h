/* xml_read.h -- an XML request body as the tree that handlers see, driven by the model.
 *
 * Purpose  Reads by local names, without regard to namespaces, and complains as the services'
 *          schema check does ("Invalid XML ; cvc-complex-type.2.4.b: ..."). The order of elements
 * is free: SDKs write members in their callers' order, and the services take that. Limits   No DTD,
 * no entities but XML's own five, no network; XML_READ_BYTES_MAX, XML_READ_TAGS_MAX, and libxml2's
 * 256 levels. Source   Route 53's answers as quoted in public threads; the form is Apache Xerces'.
 */
#ifndef EMULATORS_WIRE_XML_READ_H
#define EMULATORS_WIRE_XML_READ_H

#include "emulators/wire/front_protocol.h"

#define XML_READ_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define XML_READ_TAGS_MAX  ((size_t)300000)

/* Adds the members of the body to input (an object). False with *error: MalformedInput for what is
 * not the document that the operation wants, InvalidInput for what breaks its schema. */
MUST_USE bool xml_read(const struct front_exchange *exchange, cJSON *input,
                       struct wire_error *error);

#endif
