/* xml_write.h -- answers in XML, in the model's order. */
#ifndef EMULATORS_WIRE_XML_WRITE_H
#define EMULATORS_WIRE_XML_WRITE_H

#include "emulators/wire/model.h"
#include "sim/core/buffer.h"

#include <cjson/cJSON.h>

struct sim_arena;

#define XML_WRITE_PROLOG "<?xml version=\"1.0\"?>\n"

/* <root xmlns="name_space">members of value</root>; name_space may be NULL, value NULL: empty. */
void xml_write_document(struct sim_buffer *buffer, struct sim_arena *arena, const char *root,
                        const char *name_space, const struct wire_shape *shape, const cJSON *value);
/* Text with markup escaped; what XML 1.0 cannot carry (control characters, U+FFFE, U+FFFF, bytes
 * that are not UTF-8) becomes '?'. */
void xml_write_text(struct sim_buffer *buffer, const char *text);
/* <name>text</name> */
void xml_write_element(struct sim_buffer *buffer, const char *name, const char *text);

#endif
