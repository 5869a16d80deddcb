internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// The programs of one tracepoint that watch the writes to a volume, and the marks they set. From any thread.
final class WriteWatch: Sendable {
    let marks: MarkSet
    private let devices: [DeviceWatch]

    /// Watches each extent on the device by whose number the tracepoint tells of it.
    init(
        _ kind: MarkingProgram.Kind, _ layout: MarkLayout,
        _ extents: [(extent: TrackedExtent, device: DeviceNumber)], _ tracepoint: Tracepoint
    ) throws(TrackingError) {
        marks = try MarkSet(layout)
        var devices: [DeviceWatch] = []
        for (index, place) in extents.enumerated() {
            let counter = MarkLayout.firstCounter + index
            devices.append(
                try DeviceWatch(kind, place.extent, on: place.device, marks, tracepoint, countingIn: counter))
        }
        self.devices = devices
    }

    /// Forgets all marks, and what was missed until now.
    func restart() throws(TrackingError) {
        marks.clear()
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

    /// What was missed until now is known otherwise.
    func accept() throws(TrackingError) {
        for device in devices { try device.accept() }
    }
}
