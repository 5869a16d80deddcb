internal import SnapEngine
internal import SnapModel

/// The volumes that CreateSnapshots is about: those named, or those of an instance, which is this machine.
enum InstanceVolumes {
    /// EBS's limit of volumes that can be left out.
    private static let exclusionLimit = 40

    /// Throws `OperationUsage`, `malformedInstanceID`, `instanceNotFound`, `invalidParameter`.
    static func chosen(by input: OperationInput, _ configuration: EngineConfiguration) throws -> [String] {
        let named = input.texts("Volume")
        if !named.isEmpty { return named }
        guard let instance = input.record("InstanceSpecification") else {
            throw OperationUsage("the following arguments are required: --instance-specification")
        }
        try check(instance.text("InstanceId") ?? "")
        let excluded = try instance.texts("ExcludeDataVolumeIds").map { (text) throws(EngineError) in
            try Identifiers.volumeID(text)
        }
        guard excluded.count <= exclusionLimit else {
            throw EngineError(
                .invalidParameter, "\(excluded.count) volumes to exclude are more than \(exclusionLimit)")
        }
        return try volumes(
            excluding: Set(excluded), excludesRoot: instance.boolean("ExcludeBootVolume") ?? false, configuration)
    }

    private static func check(_ id: String) throws(EngineError) {
        let digits = id.dropFirst(2).utf8
        let isHexadecimal = digits.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard id.hasPrefix("i-"), isHexadecimal, digits.count == 17 || digits.count == 8 else {
            throw EngineError(.malformedInstanceID, "Invalid id: \"\(id)\" (expecting \"i-...\")")
        }
        guard id == Engine.instanceID else {
            throw EngineError(
                .instanceNotFound, "The instance ID '\(id)' does not exist. This machine is \(Engine.instanceID)")
        }
    }

    /// Those that are known, and are where they were last seen.
    private static func volumes(
        excluding excluded: Set<VolumeID>, excludesRoot: Bool, _ configuration: EngineConfiguration
    ) throws(EngineError) -> [String] {
        let engine = try Engine.open(configuration)
        let found = try engine.volumes().filter { volume in
            guard !excluded.contains(volume.id) else { return false }
            let sighting = engine.sight(volume)
            let isRoot = sighting.attachment?.mountPoints.contains("/") ?? false
            return sighting.isThere && !(excludesRoot && isRoot)
        }
        guard !found.isEmpty else {
            throw EngineError(
                .invalidParameter, "no volume of this machine is left; 'snapctl volume add' makes volumes known")
        }
        return found.map(\.id.rawValue)
    }
}
