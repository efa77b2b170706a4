"""Fault Injection Service by boto3 and the AWS CLI: templates, experiments, what their actions break and what ends."""

import json

import botocore.exceptions
import pytest
from conftest import EAST, OBSERVER, WEST, shared

server = shared("--clock", "virtual")

ORDERS = "resilientdynamo-Order"
PRODUCTS = "resilientdynamo-Product"
ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/fis"
PAUSE = "aws:dynamodb:global-table-pause-replication"


def table_arn(name, region=EAST):
    return f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"


@pytest.fixture
def fresh(server):
    """The module's server, as it was at its start."""
    server.ctl("reset")
    return server


def pause(duration="PT5M", **more):
    return {"actionId": PAUSE, "parameters": {"duration": duration}, "targets": {"Tables": "tables"}, **more}


def wait(duration="PT1M", **more):
    return {"actionId": "aws:fis:wait", "parameters": {"duration": duration}, **more}


def by_arn(*names, **more):
    return {"resourceType": "aws:dynamodb:global-table", "selectionMode": "ALL",
            "resourceArns": [table_arn(name) for name in names], **more}


def template(fis, actions=None, targets=None, **more):
    """Makes a template and returns its id."""
    asked = {"description": "a test", "roleArn": ROLE, "stopConditions": [{"source": "none"}],
             "actions": actions or {"wait": wait()}, "targets": targets or {}, **more}
    return fis.create_experiment_template(**asked)["experimentTemplate"]["id"]


def start(fis, template_id, **more):
    return fis.start_experiment(experimentTemplateId=template_id, **more)["experiment"]["id"]


def state(fis, experiment_id):
    return fis.get_experiment(id=experiment_id)["experiment"]["state"]["status"]


def action_states(fis, experiment_id):
    actions = fis.get_experiment(id=experiment_id)["experiment"]["actions"]
    return {name: action["state"]["status"] for name, action in actions.items()}


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*arguments, **more)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def put(server, order, region=EAST, table=ORDERS):
    server.client("dynamodb", region).put_item(TableName=table, Item={key_name(table): {"S": order}})


def key_name(table):
    return "OrderId" if table == ORDERS else "ProductId"


def has(server, order, region=WEST, table=ORDERS):
    answer = server.client("dynamodb", region).get_item(TableName=table, Key={key_name(table): {"S": order}})
    return "Item" in answer


# --- pausing replication ---------------------------------------------------------------------------


def test_a_paused_table_replicates_in_neither_direction_and_catches_up_at_the_end(fresh):
    fis = fresh.client("fis")
    begun = fis.start_experiment(experimentTemplateId=template(fis, {"pause": pause()}, {"tables": by_arn(ORDERS)}))
    assert begun["experiment"]["state"]["status"] == "pending"
    experiment = begun["experiment"]["id"]
    fresh.advance("1s")
    assert state(fis, experiment) == "running"
    put(fresh, "from-east")
    put(fresh, "from-west", WEST)
    put(fresh, "a-product", table=PRODUCTS)
    fresh.advance("4m")
    assert not has(fresh, "from-east", WEST)
    assert not has(fresh, "from-west", EAST)
    assert has(fresh, "a-product", WEST, PRODUCTS)  # another table goes on
    fresh.advance("1m")
    assert state(fis, experiment) == "completed"
    fresh.advance("5s")
    assert has(fresh, "from-east", WEST) and has(fresh, "from-west", EAST)


def test_the_pause_stands_in_the_policies_of_table_and_stream_while_it_lasts(fresh):
    fis, dynamodb = fresh.client("fis"), fresh.client("dynamodb")
    own = {"Version": "2012-10-17", "Statement": [{"Sid": "mine", "Effect": "Allow", "Principal": "*",
                                                     "Action": "dynamodb:GetItem", "Resource": table_arn(ORDERS)}]}
    dynamodb.put_resource_policy(ResourceArn=table_arn(ORDERS), Policy=json.dumps(own))
    stream = dynamodb.describe_table(TableName=ORDERS)["Table"]["LatestStreamArn"]
    experiment = start(fis, template(fis, {"pause": pause()}, {"tables": by_arn(ORDERS)}))
    fresh.advance("1s")
    policy = json.loads(dynamodb.get_resource_policy(ResourceArn=table_arn(ORDERS))["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == [
        "mine", f"DoNotModifyFisDynamoDbPauseReplication{experiment}"]
    deny = policy["Statement"][1]
    assert deny["Effect"] == "Deny" and "dynamodb:UpdateTable" in deny["Action"]
    assert "DateLessThan" in deny["Condition"]
    told = json.loads(dynamodb.get_resource_policy(ResourceArn=stream)["Policy"])
    assert "dynamodb:GetRecords" in told["Statement"][0]["Action"]
    fresh.advance("5m")
    assert json.loads(dynamodb.get_resource_policy(ResourceArn=table_arn(ORDERS))["Policy"]) == own
    assert refused(dynamodb.get_resource_policy, ResourceArn=stream)[0] == "PolicyNotFoundException"


def test_the_fault_stands_in_the_one_registry_and_counts_what_it_held_back(fresh):
    fis = fresh.client("fis")
    start(fis, template(fis, {"pause": pause()}, {"tables": by_arn(ORDERS)}))
    fresh.advance("1s")
    faults = fresh.ctl("fault", "list")["faults"]
    assert sorted((fault["kind"], fault["resource"]) for fault in faults) == [("pause-replication", ORDERS)] * 2
    fresh.advance("5m")
    assert fresh.ctl("fault", "list")["faults"] == []


def test_targets_by_tag_and_filter_are_those_that_have_both(fresh):
    fis, dynamodb = fresh.client("fis"), fresh.client("dynamodb")
    dynamodb.tag_resource(ResourceArn=table_arn(ORDERS), Tags=[{"Key": "DisruptDynamoDb", "Value": "Allowed"}])
    dynamodb.tag_resource(ResourceArn=table_arn(PRODUCTS), Tags=[{"Key": "DisruptDynamoDb", "Value": "No"}])
    target = {"resourceType": "aws:dynamodb:global-table", "selectionMode": "ALL",
              "resourceTags": {"DisruptDynamoDb": "Allowed"},
              "filters": [{"path": "MultiRegionConsistency", "values": ["EVENTUAL"]}]}
    experiment = start(fis, template(fis, {"pause": pause()}, {"tables": target}))
    fresh.advance("1s")
    resolved = fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]
    assert [entry["targetInformation"]["arn"] for entry in resolved] == [table_arn(ORDERS)]
    target["filters"][0]["values"] = ["STRONG"]
    empty = start(fis, template(fis, {"pause": pause()}, {"tables": target}))
    fresh.advance("1s")
    told = fis.get_experiment(id=empty)["experiment"]["state"]
    assert (told["status"], told["error"]["code"], told["error"]["location"]) == ("failed", "InvalidTarget", "tables")


def test_an_empty_target_can_be_skipped_but_not_an_arn_that_leads_nowhere(fresh):
    fis = fresh.client("fis")
    options = {"accountTargeting": "single-account", "emptyTargetResolutionMode": "skip"}
    nothing = {"resourceType": "aws:dynamodb:global-table", "selectionMode": "ALL", "resourceTags": {"no": "such"}}
    actions = {"pause": pause(), "wait": wait(startAfter=["pause"])}
    skipping = start(fis, template(fis, actions, {"tables": nothing}, experimentOptions=options))
    missing = start(fis, template(fis, actions, {"tables": by_arn("no-such-table")}, experimentOptions=options))
    fresh.advance("1s")
    assert action_states(fis, skipping) == {"pause": "skipped", "wait": "running"}
    assert state(fis, missing) == "failed"
    assert action_states(fis, missing) == {"pause": "cancelled", "wait": "cancelled"}
    fresh.advance("1m")
    assert state(fis, skipping) == "completed"


def test_a_count_takes_as_many_targets_as_it_says(fresh):
    fis = fresh.client("fis")
    target = by_arn(ORDERS, PRODUCTS)
    for mode, count in (("ALL", 2), ("COUNT(1)", 1), ("COUNT(9)", 2), ("PERCENT(50)", 1), ("PERCENT(100)", 2)):
        experiment = start(fis, template(fis, {"pause": pause("PT1M")}, {"tables": {**target, "selectionMode": mode}}))
        fresh.advance("2m")
        assert len(fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]) == count, mode


# --- the life of an experiment ---------------------------------------------------------------------


def test_actions_run_side_by_side_or_after_each_other(fresh):
    fis = fresh.client("fis")
    experiment = start(fis, template(fis, {"a": wait("PT2M"), "b": wait("PT1M"),
                                           "c": wait("PT1M", startAfter=["a", "b"])}))
    fresh.advance("1s")
    assert action_states(fis, experiment) == {"a": "running", "b": "running", "c": "pending"}
    fresh.advance("1m")
    assert action_states(fis, experiment) == {"a": "running", "b": "completed", "c": "pending"}
    fresh.advance("1m")
    assert action_states(fis, experiment) == {"a": "completed", "b": "completed", "c": "running"}
    fresh.advance("1m")
    told = fis.get_experiment(id=experiment)["experiment"]
    assert told["state"] == {"status": "completed", "reason": "Experiment completed."}
    assert (told["endTime"] - told["startTime"]).total_seconds() == 180
    assert told["actions"]["c"]["startTime"] == told["actions"]["a"]["endTime"]


def test_stopping_undoes_what_runs_and_cancels_the_rest(fresh):
    fis = fresh.client("fis")
    experiment = start(fis, template(fis, {"pause": pause(), "wait": wait(startAfter=["pause"])},
                                     {"tables": by_arn(ORDERS)}))
    fresh.advance("1s")
    put(fresh, "one")
    assert fis.stop_experiment(id=experiment)["experiment"]["state"]["status"] == "stopping"
    assert action_states(fis, experiment) == {"pause": "stopped", "wait": "cancelled"}
    fresh.advance("5s")
    assert state(fis, experiment) == "stopped"
    assert has(fresh, "one", WEST)
    assert refused(fis.stop_experiment, id=experiment)[0] == "ValidationException"


def test_a_preview_resolves_the_targets_and_breaks_nothing(fresh):
    fis = fresh.client("fis")
    experiment = start(fis, template(fis, {"pause": pause()}, {"tables": by_arn(ORDERS)}),
                       experimentOptions={"actionsMode": "skip-all"})
    fresh.advance("1s")
    assert state(fis, experiment) == "completed"
    assert action_states(fis, experiment) == {"pause": "skipped"}
    assert len(fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]) == 1
    assert fresh.ctl("fault", "list")["faults"] == []


def test_the_safety_lever_stops_what_runs_and_lets_nothing_begin(fresh):
    fis = fresh.client("fis")
    running = start(fis, template(fis))
    fresh.advance("1s")
    lever = fis.update_safety_lever_state(id="default", state={"status": "engaged", "reason": "a real incident"})
    assert lever["safetyLever"]["state"] == {"status": "engaged", "reason": "a real incident"}
    fresh.advance("1s")
    assert state(fis, running) == "stopped"
    late = start(fis, template(fis))
    fresh.advance("1s")
    assert state(fis, late) == "cancelled"
    elsewhere = fresh.client("fis", WEST)  # a lever is one Region's
    assert elsewhere.get_safety_lever(id="default")["safetyLever"]["state"]["status"] == "disengaged"
    fis.update_safety_lever_state(id="default", state={"status": "disengaged", "reason": "over"})
    again = start(fis, template(fis))
    fresh.advance("1s")
    assert state(fis, again) == "running"


def test_a_failed_assertion_on_an_alarm_fails_the_experiment(fresh):
    fis = fresh.client("fis")
    asserting = {"actionId": "aws:cloudwatch:assert-alarm-state",
                 "parameters": {"alarmArns": f"arn:aws:cloudwatch:{EAST}:{ACCOUNT}:alarm:no-such-alarm",
                                "alarmStates": "OK"}}
    experiment = start(fis, template(fis, {"assert": asserting, "wait": wait(startAfter=["assert"])}))
    fresh.advance("1s")
    assert state(fis, experiment) == "failed"
    assert action_states(fis, experiment) == {"assert": "failed", "wait": "cancelled"}


def test_disrupted_connectivity_reaches_the_programs_of_the_region(fresh):
    fis = fresh.client("fis")
    disrupt = {"actionId": "aws:network:disrupt-connectivity", "parameters": {"duration": "PT2M", "scope": "dynamodb"},
               "targets": {"Subnets": "subnets"}}
    subnets = {"resourceType": "aws:ec2:subnet", "selectionMode": "ALL",
               "resourceArns": [f"arn:aws:ec2:{EAST}:{ACCOUNT}:subnet/subnet-1"]}
    start(fis, template(fis, {"disrupt": disrupt}, {"subnets": subnets}))
    fresh.advance("1s")
    fault, = fresh.ctl("fault", "list")["faults"]
    assert (fault["kind"], fault["service"], fault["from"], fault["region"]) == ("black-hole", "dynamodb", EAST, EAST)
    disrupt["parameters"]["scope"] = "all"
    start(fis, template(fis, {"disrupt": disrupt}, {"subnets": subnets}))
    cross = {"actionId": "aws:network:route-table-disrupt-cross-region-connectivity",
             "parameters": {"duration": "PT2M", "region": WEST}, "targets": {"Subnets": "subnets"}}
    start(fis, template(fis, {"cut": cross}, {"subnets": subnets}))
    fresh.advance("1s")
    assert len(fresh.ctl("fault", "list")["faults"]) == 4
    fresh.advance("2m")
    assert fresh.ctl("fault", "list")["faults"] == []


def test_at_most_five_experiments_are_active(fresh):
    fis = fresh.client("fis")
    one = template(fis)
    for _ in range(5):
        start(fis, one)
    assert refused(fis.start_experiment, experimentTemplateId=one)[0] == "ServiceQuotaExceededException"
    fresh.advance("2m")
    start(fis, one)


def test_the_same_token_starts_one_experiment(fresh):
    fis = fresh.client("fis")
    one = template(fis)
    assert start(fis, one, clientToken="t") == start(fis, one, clientToken="t")
    assert len(fis.list_experiments()["experiments"]) == 1


# --- templates -------------------------------------------------------------------------------------


def test_a_template_is_told_as_it_was_given(fresh):
    fis = fresh.client("fis")
    made = fis.create_experiment_template(
        description="pause orders", roleArn=ROLE, stopConditions=[{"source": "none"}], tags={"team": "orders"},
        actions={"pause": pause(description="cut it")}, targets={"tables": by_arn(ORDERS)})["experimentTemplate"]
    assert made["id"].startswith("EXT") and made["arn"].endswith(f"experiment-template/{made['id']}")
    assert made["experimentOptions"] == {"accountTargeting": "single-account", "emptyTargetResolutionMode": "fail"}
    assert made["actions"]["pause"]["description"] == "cut it"
    assert fis.get_experiment_template(id=made["id"])["experimentTemplate"] == made
    listed, = fis.list_experiment_templates()["experimentTemplates"]
    assert (listed["id"], listed["tags"]) == (made["id"], {"team": "orders"})
    assert fresh.client("fis", WEST).list_experiment_templates()["experimentTemplates"] == []
    changed = fis.update_experiment_template(id=made["id"], description="other",
                                             actions={"wait": wait()})["experimentTemplate"]
    assert (changed["description"], list(changed["actions"])) == ("other", ["wait"])
    fis.tag_resource(resourceArn=made["arn"], tags={"more": "yes"})
    fis.untag_resource(resourceArn=made["arn"], tagKeys=["team"])
    assert fis.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"more": "yes"}
    fis.delete_experiment_template(id=made["id"])
    assert refused(fis.get_experiment_template, id=made["id"])[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(("change", "says"), [
    ({"actions": {}}, "no actions"),
    ({"actions": {"a": wait("PT30S")}}, "PT1M to PT12H"),
    ({"actions": {"a": wait("PT13H")}}, "PT1M to PT12H"),
    ({"actions": {"a": wait("5-minutes")}}, "PT1M to PT12H"),
    ({"actions": {"a": {"actionId": "aws:fis:wait"}}}, "needs the parameter duration"),
    ({"actions": {"a": wait(parameters={"duration": "PT1M", "speed": "9"})}}, "speed"),
    ({"actions": {"a": {"actionId": "aws:ec2:stop-instances"}}}, "not supported"),
    ({"actions": {"a": wait(startAfter=["b"])}}, "not in the template"),
    ({"actions": {"a": wait(startAfter=["b"]), "b": wait(startAfter=["a"])}}, "wait for itself"),
    ({"actions": {"a": wait(targets={"Tables": "tables"})}}, "takes no targets"),
    ({"actions": {"a": pause(targets={})}}, "needs one target, named Tables"),
    ({"actions": {"a": pause(targets={"Tables": "others"})}}, "not in the template"),
    ({"targets": {"t": {"resourceType": "aws:ec2:instance", "selectionMode": "ALL", "resourceArns": []}}},
     "not supported"),
    ({"targets": {"t": by_arn(ORDERS, selectionMode="HALF")}}, "selection mode"),
    ({"targets": {"t": by_arn(ORDERS, resourceTags={"a": "b"})}}, "either resourceArns or resourceTags"),
    ({"targets": {"t": by_arn(ORDERS, filters=[{"path": "a", "values": ["b"]}])}}, "both resourceArns and filters"),
    ({"stopConditions": []}, "stop condition"),
    ({"stopConditions": [{"source": "aws:cloudwatch:alarm"}]}, "ARN of an alarm"),
    ({"stopConditions": [{"source": "my:mood"}]}, "not supported"),
])
def test_a_template_that_cannot_run_is_refused(fresh, change, says):
    fis = fresh.client("fis")
    asked = {"description": "a test", "roleArn": ROLE, "stopConditions": [{"source": "none"}],
             "actions": {"wait": wait()}, "targets": {"tables": by_arn(ORDERS)}, **change}
    code, message = refused(fis.create_experiment_template, **asked)
    assert code == "ValidationException" and says in message, message
    assert fis.list_experiment_templates()["experimentTemplates"] == []


def test_account_configurations_are_kept_with_template_and_experiment(fresh):
    fis = fresh.client("fis")
    one = template(fis)
    fis.create_target_account_configuration(experimentTemplateId=one, accountId="111122223333", roleArn=ROLE)
    assert refused(fis.create_target_account_configuration, experimentTemplateId=one, accountId="111122223333",
                   roleArn=ROLE)[0] == "ConflictException"
    fis.update_target_account_configuration(experimentTemplateId=one, accountId="111122223333", description="prod")
    experiment = start(fis, one)
    fis.delete_target_account_configuration(experimentTemplateId=one, accountId="111122223333")
    assert fis.list_target_account_configurations(experimentTemplateId=one)["targetAccountConfigurations"] == []
    kept = fis.get_experiment_target_account_configuration(experimentId=experiment, accountId="111122223333")
    assert kept["targetAccountConfiguration"] == {"accountId": "111122223333", "roleArn": ROLE, "description": "prod"}


def test_actions_and_target_types_are_told(fresh):
    fis = fresh.client("fis")
    ids = [action["id"] for action in fis.list_actions()["actions"]]
    assert ids == sorted(ids) and PAUSE in ids and "aws:fis:wait" in ids
    action = fis.get_action(id=PAUSE)["action"]
    assert action["parameters"]["duration"]["required"] and \
        action["targets"] == {"Tables": {"resourceType": "aws:dynamodb:global-table"}}
    assert refused(fis.get_action, id="aws:no:such")[0] == "ResourceNotFoundException"
    kinds = [kind["resourceType"] for kind in fis.list_target_resource_types()["targetResourceTypes"]]
    assert "aws:dynamodb:global-table" in kinds
    assert fis.get_target_resource_type(resourceType=kinds[0])["targetResourceType"]["resourceType"] == kinds[0]


def test_lists_come_in_pages(fresh):
    fis = fresh.client("fis")
    made = [template(fis, tags={"number": str(number)}) for number in range(5)]
    pages = fis.get_paginator("list_experiment_templates").paginate(PaginationConfig={"PageSize": 2})
    assert [entry["id"] for page in pages for entry in page["experimentTemplates"]] == made
    assert refused(fis.list_experiment_templates, nextToken="x")[0] == "ValidationException"


def test_the_aws_cli_runs_an_experiment(fresh):
    actions, targets = {"pause": pause()}, {"tables": by_arn(ORDERS)}
    made = fresh.aws("fis", "create-experiment-template", "--description", "by hand", "--role-arn", ROLE,
                     "--stop-conditions", "source=none", "--actions", json.dumps(actions), "--targets",
                     json.dumps(targets))
    started = fresh.aws("fis", "start-experiment", "--experiment-template-id", made["experimentTemplate"]["id"])
    fresh.advance("10m")
    told = fresh.aws("fis", "get-experiment", "--id", started["experiment"]["id"])
    assert told["experiment"]["state"]["status"] == "completed"


def test_an_experiment_acts_in_its_own_region(fresh):
    fis = fresh.client("fis", OBSERVER)
    experiment = start(fis, template(fis, {"pause": pause()}, {"tables": by_arn(ORDERS)}))  # an ARN of another Region
    fresh.advance("1s")
    assert state(fis, experiment) == "failed"
