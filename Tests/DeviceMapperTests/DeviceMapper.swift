import SnapSystem
import SystemPackage
import Testing

/// Everything that needs device-mapper, which the kernel of a build machine need not have: one after the other, since LVM
/// locks a group anyhow, and an emulated processor has enough to do.
@Suite(.serialized, .enabled(if: hasDeviceMapper, "needs device-mapper: run scripts/vm-test"))
enum DeviceMapper {}

private let hasDeviceMapper = File.exists("/dev/mapper/control")
