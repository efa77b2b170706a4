#include "tests/unit/dynamodb/fixture_partiql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"

/* As a JSON string whose single quotes survive the fixture's exchange of quotes. */
static void append_statement(struct sim_buffer *json, const char *text, size_t length)
{
    sim_buffer_append_text(json, "\"");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\'')
            sim_buffer_append_text(json, "\\u0027");
        else if (text[i] == '"' || text[i] == '\\')
            sim_buffer_printf(json, "\\%c", text[i]);
        else if (text[i] == '\n')
            sim_buffer_append_text(json, "\\n");
        else
            sim_buffer_append(json, &text[i], 1);
    }
    sim_buffer_append_text(json, "\"");
}

static void append_list(struct sim_buffer *json, const char *text)
{
    for (;;) {
        size_t length = strcspn(text, "|");
        const char *more = memchr(text, '@', length); /* statement @ further members */
        sim_buffer_append_text(json, "{'Statement':");
        append_statement(json, text, more == NULL ? length : (size_t)(more - text));
        if (more != NULL) {
            sim_buffer_append_text(json, ",");
            sim_buffer_append(json, more + 1, length - (size_t)(more + 1 - text));
        }
        sim_buffer_append_text(json, "}");
        if (text[length] == '\0')
            return;
        sim_buffer_append_text(json, ",");
        text += length + 1;
    }
}

const char *partiql_say(struct world *world, const char *operation, const char *statement,
                        const char *more)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    if (strcmp(operation, "ExecuteStatement") == 0) {
        sim_buffer_append_text(&json, "{'Statement':");
        append_statement(&json, statement, strlen(statement));
    } else {
        bool is_batch = strcmp(operation, "BatchExecuteStatement") == 0;
        sim_buffer_printf(&json, "{'%s':[", is_batch ? "Statements" : "TransactStatements");
        append_list(&json, statement);
        sim_buffer_append_text(&json, "]");
    }
    if (more != NULL)
        sim_buffer_printf(&json, ",%s", more);
    sim_buffer_append_text(&json, "}");
    const char *said = world_say(world, EAST, operation, json.data);
    sim_buffer_fini(&json);
    return said;
}

void partiql_run(struct world *world, const char *operation, const struct partiql_row *rows,
                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        world_expect_in(rows[i].name,
                        partiql_say(world, operation, rows[i].statement, rows[i].more),
                        rows[i].wanted);
}

static void make_music(struct world *world)
{
    world_expect_in(
        "music",
        world_say(world, EAST, "CreateTable",
                  "{'TableName':'music','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':["
                  "{'AttributeName':'pk','AttributeType':'S'},"
                  "{'AttributeName':'sk','AttributeType':'S'},"
                  "{'AttributeName':'gpk','AttributeType':'S'},"
                  "{'AttributeName':'lsk','AttributeType':'S'}],"
                  "'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},"
                  "{'AttributeName':'sk','KeyType':'RANGE'}],"
                  "'GlobalSecondaryIndexes':[{'IndexName':'g_all','KeySchema':[{'AttributeName':"
                  "'gpk','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}},"
                  "{'IndexName':'g_inc','KeySchema':[{'AttributeName':'gpk','KeyType':'HASH'}],"
                  "'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':['kept']}}],"
                  "'LocalSecondaryIndexes':[{'IndexName':'l_keys','KeySchema':["
                  "{'AttributeName':'pk','KeyType':'HASH'},"
                  "{'AttributeName':'lsk','KeyType':'RANGE'}],"
                  "'Projection':{'ProjectionType':'KEYS_ONLY'}}]}"),
        "CREATING");
    world_idle(world);
}

void partiql_make_tables(struct world *world)
{
    static const char *const inserts[] = {
        ("INSERT INTO plain VALUE {'pk':'a','sk':'1','n':1,'s':'alpha','m':{'k':['c','d']},"
         "'l':['x','y'],'t':<<'u','v'>>,'z':NULL,'b':TRUE}"),
        "INSERT INTO plain VALUE {'pk':'a','sk':'2','n':2,'s':'beta'}",
        "INSERT INTO plain VALUE {'pk':'a','sk':'3','n':3,'s':'gamma'}",
        "INSERT INTO plain VALUE {'pk':'b','sk':'1','n':10,'s':'it''s'}",
        "INSERT INTO plain VALUE {'pk':'b','sk':'2','n':20}",
        "INSERT INTO numbers VALUE {'pk':7310000,'tag':'big'}",
        "INSERT INTO numbers VALUE {'pk':7.3,'tag':'small'}",
        "INSERT INTO music VALUE {'pk':'p','sk':'1','gpk':'x','lsk':'k1','kept':'c1','other':'o1'}",
        "INSERT INTO music VALUE {'pk':'p','sk':'2','gpk':'z','lsk':'k2','kept':'c2','other':'o2'}",
        "INSERT INTO music VALUE {'pk':'p','sk':'3','other':'o3'}",
        "INSERT INTO music VALUE {'pk':'p','sk':'4','gpk':'x','lsk':'k4','kept':'c4','other':'o4'}",
    };
    world_make_table(world, EAST, "plain");
    world_expect_in("numbers",
                    world_say(world, EAST, "CreateTable",
                              "{'TableName':'numbers','BillingMode':'PAY_PER_REQUEST',"
                              "'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'N'}]"
                              ",'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'}]}"),
                    "CREATING");
    make_music(world);
    for (size_t i = 0; i < ARRAY_LEN(inserts); i++)
        world_expect_in(inserts[i], partiql_say(world, "ExecuteStatement", inserts[i], NULL),
                        "{'Items':[]}");
}
