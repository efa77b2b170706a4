"""Replicated writes need write capacity too."""

from lessons.stage import EAST, WEST, Stage, refused


def make_small_global_table(world):
    """One write unit a second, and the 300 of a full bucket."""
    dynamodb, scaling = world.client("dynamodb"), world.client("application-autoscaling")
    dynamodb.create_table(
        TableName="shop", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    writes = {"ServiceNamespace": "dynamodb", "ResourceId": "table/shop",
              "ScalableDimension": "dynamodb:table:WriteCapacityUnits"}
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=1, **writes)
    metric = {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}
    scaling.put_scaling_policy(
        PolicyName="writes", PolicyType="TargetTrackingScaling", **writes,
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 70, "PredefinedMetricSpecification": metric})
    world.later("1s")
    dynamodb.update_table(TableName="shop", ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    world.later("1m")


def test_writes_of_two_regions_exceed_what_each_alone_can_take(start):
    world = Stage(start, "three-regions")
    make_small_global_table(world)
    east, west = world.table(EAST, "shop"), world.table(WEST, "shop")
    for region, table in (("east", east), ("west", west)):
        with table.batch_writer() as batch:  # 200 units each: nobody is throttled
            for number in range(200):
                batch.put_item(Item={"id": f"{region}-{number}"})
    assert east.scan()["Count"] == west.scan()["Count"] == 200

    world.later("5s")
    waiting = world.backlog()
    assert waiting[EAST, WEST] == waiting[WEST, EAST] > 50, "400 writes, a bucket of 300"
    assert refused(east.put_item, Item={"id": "one more"}) == "ProvisionedThroughputExceededException"

    world.later("1m")
    assert world.backlog()[EAST, WEST] == waiting[EAST, WEST] - 60, "each unit that comes in takes one of them"
    world.later("1m")
    assert world.backlog() == {} and east.scan()["Count"] == west.scan()["Count"] == 400
