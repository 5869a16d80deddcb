internal import SnapCodec
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

extension Engine {
    /// What stands for an EC2 instance: this machine. Made of its machine-id (machine-id(5)), which itself is not to be
    /// shown around.
    package static let instanceID = "i-" + BlockHasher().digest(of: Array(machineID.utf8)).description.prefix(17)

    private static var machineID: String { (try? File.readText("/etc/machine-id", upTo: 64)) ?? "" }
}
