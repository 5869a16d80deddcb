internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// The programs of one tracepoint that watch the writes to a volume, and the marks they set. From any thread.
final class WriteWatch: Sendable {
    let marks: MarkSet
    private let devices: [DeviceWatch]

    /// Watches what is done to each extent, and counts what is done to the whole of `counted`, which it is part of.
    init(
        _ kind: MarkingProgram.Kind, _ layout: MarkLayout, _ extents: [TrackedExtent], _ counted: CountedDevice,
        _ tracepoint: Tracepoint
    ) throws(TrackingError) {
        marks = try MarkSet(layout)
        var devices: [DeviceWatch] = []
        for (index, extent) in extents.enumerated() {
            let counter = MarkLayout.firstCounter + index
            devices.append(try DeviceWatch(kind, extent, counted, marks, tracepoint, countingIn: counter))
        }
        self.devices = devices
    }

    /// Forgets what was missed until now, and no marks.
    func restart() throws(TrackingError) {
        for device in devices { try device.restart() }
    }

    /// Whether all was seen since `restart`, or since `accept`. `more`: the kernel has counted more.
    func compare() throws(TrackingError) -> DeviceWatch.Comparison {
        guard marks.words.read(MarkLayout.overflowWord) == 0 else {
            throw TrackingError(.marksLost, "a request to the disk was larger than can be")
        }
        for device in devices {
            let comparison = try device.compare()
            guard comparison == .equal else { return comparison }
        }
        return .equal
    }

    /// What was missed until now is known otherwise. `isAtRest`: nobody writes.
    func accept(isAtRest: Bool = false) throws(TrackingError) {
        for device in devices { try device.accept(isAtRest: isAtRest) }
    }

    /// Whether nothing is under way that was asked for. `isAtRest`: nobody asks for more, so that an idle device is enough to know
    /// that the base is no less than it should be.
    func hasRest(_ isAtRest: Bool) throws(TrackingError) -> Bool {
        guard try compare() == .equal else { return false }
        if isExact { return true }
        return isAtRest ? try isIdle() : false
    }

    var isExact: Bool { devices.allSatisfy(\.isExact) }

    /// Whether each device has a moment without anything under way, reads among it: some are waited for.
    func isIdle() throws(TrackingError) -> Bool {
        for device in devices {
            guard try device.isIdle() else { return false }
        }
        return true
    }
}
