/* Target account configurations: kept and told. Every action acts in the experiment's own account.
 */
#include "emulators/fis/fis_internal.h"

static cJSON *describe(const cJSON *account)
{
    cJSON *told = cJSON_Duplicate(account, true);
    cJSON_AddStringToObject(told, "accountId", account->string);
    return told;
}

static enum wire_progress answer(struct wire_call *call, const cJSON *account)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "targetAccountConfiguration", describe(account));
    return wire_succeed(call, output);
}

static enum wire_progress list(struct wire_call *call, const cJSON *accounts)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *told = cJSON_AddArrayToObject(output, "targetAccountConfigurations");
    const cJSON *account;
    cJSON_ArrayForEach(account, accounts)
    {
        cJSON_AddItemToArray(told, describe(account));
    }
    return fis_page(call, output, "targetAccountConfigurations") ? wire_succeed(call, output)
                                                                 : WIRE_DONE;
}

/* The template of the call, NULL after an answer that it is unknown. */
static struct fis_template *find_template(struct fis *fis, struct wire_call *call)
{
    const char *id = wire_text(call->input, "experimentTemplateId");
    struct fis_template *found = fis_template_find(fis, call, id);
    if (found == NULL)
        (void)fis_not_found(call, "Experiment template", id);
    return found;
}

static cJSON *find_account(struct wire_call *call, const cJSON *accounts)
{
    const char *id = wire_text(call->input, "accountId");
    cJSON *account = cJSON_GetObjectItemCaseSensitive(accounts, id);
    if (account == NULL)
        (void)fis_not_found(call, "Target account configuration", id);
    return account;
}

static void take(cJSON *account, const cJSON *input)
{
    static const char *const members[] = {"roleArn", "description"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *value = wire_text(input, members[i]);
        if (value == NULL)
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(account, members[i]);
        cJSON_AddStringToObject(account, members[i], value);
    }
}

enum wire_progress fis_create_account(void *state, struct wire_call *call)
{
    struct fis_template *found = find_template(state, call);
    const char *id = wire_text(call->input, "accountId");
    if (found == NULL)
        return WIRE_DONE;
    if (wire_member(found->accounts, id) != NULL)
        return wire_fail(call, "ConflictException",
                         "Target account configuration %s already exists.", id);
    if (cJSON_GetArraySize(found->accounts) >= FIS_ACCOUNTS_MAX)
        return wire_fail(call, "ServiceQuotaExceededException",
                         "A template can have at most %d target account configurations.",
                         FIS_ACCOUNTS_MAX);
    cJSON *account = cJSON_AddObjectToObject(found->accounts, id);
    take(account, call->input);
    return answer(call, account);
}

enum wire_progress fis_get_account(void *state, struct wire_call *call)
{
    const struct fis_template *found = find_template(state, call);
    const cJSON *account = found != NULL ? find_account(call, found->accounts) : NULL;
    return account != NULL ? answer(call, account) : WIRE_DONE;
}

enum wire_progress fis_update_account(void *state, struct wire_call *call)
{
    const struct fis_template *found = find_template(state, call);
    cJSON *account = found != NULL ? find_account(call, found->accounts) : NULL;
    if (account == NULL)
        return WIRE_DONE;
    take(account, call->input);
    return answer(call, account);
}

enum wire_progress fis_delete_account(void *state, struct wire_call *call)
{
    const struct fis_template *found = find_template(state, call);
    cJSON *account = found != NULL ? find_account(call, found->accounts) : NULL;
    if (account == NULL)
        return WIRE_DONE;
    enum wire_progress done = answer(call, account);
    cJSON_Delete(cJSON_DetachItemViaPointer(found->accounts, account));
    return done;
}

enum wire_progress fis_list_accounts(void *state, struct wire_call *call)
{
    const struct fis_template *found = find_template(state, call);
    return found != NULL ? list(call, found->accounts) : WIRE_DONE;
}

static const struct fis_experiment *find_experiment(struct fis *fis, struct wire_call *call)
{
    const char *id = wire_text(call->input, "experimentId");
    const struct fis_experiment *experiment = fis_experiment_find(fis, call, id);
    if (experiment == NULL)
        (void)fis_not_found(call, "Experiment", id);
    return experiment;
}

enum wire_progress fis_get_experiment_account(void *state, struct wire_call *call)
{
    const struct fis_experiment *experiment = find_experiment(state, call);
    const cJSON *account = experiment != NULL ? find_account(call, experiment->accounts) : NULL;
    return account != NULL ? answer(call, account) : WIRE_DONE;
}

enum wire_progress fis_list_experiment_accounts(void *state, struct wire_call *call)
{
    const struct fis_experiment *experiment = find_experiment(state, call);
    return experiment != NULL ? list(call, experiment->accounts) : WIRE_DONE;
}
