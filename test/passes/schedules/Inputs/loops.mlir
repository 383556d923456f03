kernel.schedule_for "map" use #kernel.loop_schedule<item_size = 5, vector = 8>
