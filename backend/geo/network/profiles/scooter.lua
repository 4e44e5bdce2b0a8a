-- A motor scooter or light motorcycle, as field reps ride it: the car profile that ships with OSRM with other
-- speeds and rights of way. Motorways are closed to it, alleys are not a detour, width hardly matters.

package.path = os.getenv("TUYEN_OSRM_PROFILES") .. "/?.lua;" .. package.path
local car = require("car")

local function setup()
  local profile = car.setup()
  profile.properties.max_speed_for_map_matching = 110 / 3.6
  profile.properties.u_turn_penalty = 8
  profile.properties.weight_name = "duration"

  profile.turn_penalty = 4
  profile.oncoming_turn_penalty = 1.5
  profile.side_road_multiplier = 0.95
  profile.speed_reduction = 0.85
  profile.lane_markings_penalty = 1

  profile.vehicle_height = 1.8
  profile.vehicle_width = 0.8
  profile.vehicle_length = 2.0
  profile.vehicle_weight = 200
  profile.vehicle_max_speed = 60

  -- A sign for motorcycles overrides one for motor vehicles.
  profile.access_tags_hierarchy = Sequence { "motorcycle", "motor_vehicle", "vehicle", "access" }
  profile.restrictions = Sequence { "motorcycle", "motor_vehicle", "vehicle" }
  profile.access_tag_whitelist["motorcycle"] = true

  profile.speeds = Sequence {
    highway = {
      trunk = 50, trunk_link = 35, primary = 42, primary_link = 28, secondary = 38, secondary_link = 25,
      tertiary = 34, tertiary_link = 22, unclassified = 27, residential = 25, living_street = 15, service = 17,
      track = 15
    }
  }
  profile.service_penalties = { alley = 0.9, parking = 0.6, parking_aisle = 0.6, driveway = 0.7 }
  profile.barrier_whitelist["bollard"] = true
  profile.barrier_whitelist["cycle_barrier"] = true
  profile.restricted_highway_whitelist["motorway"] = nil
  profile.restricted_highway_whitelist["motorway_link"] = nil
  return profile
end

return {
  setup = setup,
  process_way = car.process_way,
  process_node = car.process_node,
  process_turn = car.process_turn
}
