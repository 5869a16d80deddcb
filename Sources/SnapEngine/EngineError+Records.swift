internal import SnapModel

extension EngineError {
    init(_ breach: TagRules.Breach) {
        switch breach {
        case .emptyKey:
            self.init(.malformedTagKey, "The specified tag key is not valid. Tag keys cannot be empty or null")
        case .reservedKey(let key):
            self.init(
                .invalidParameter,
                "Tag keys starting with '\(TagRules.reservedPrefix)' are reserved for internal use (\(key))")
        case .keyTooLong(let key):
            self.init(
                .invalidParameter, "Tag key exceeds the maximum length of \(TagRules.keyLimit) characters (\(key))")
        case .valueTooLong(let key, let value):
            self.init(
                .invalidParameter,
                "Tag value exceeds the maximum length of \(TagRules.valueLimit) characters (\(key): \(value))")
        case .duplicateKey(let key): self.init(.invalidParameter, "Duplicate tag key '\(key)' specified.")
        case .tooMany(let count):
            self.init(
                .tagLimitExceeded,
                "The maximum number of Tags for a resource has been reached: \(count) are more than \(TagRules.countLimit)"
            )
        }
    }

    init(_ breach: SnapshotLockBreach, of snapshot: SnapshotID) {
        switch breach {
        case .durationOutOfRange(let days):
            self.init(
                .invalidParameter,
                "Value (\(days)) for parameter lockDuration is invalid. It is from 1 to 36500 days")
        case .expiryOutOfRange(let time):
            self.init(
                .invalidParameter,
                "Value (\(time)) for parameter expirationDate is invalid. It is from 1 to 36500 days from now")
        case .coolOffOutOfRange(let hours):
            self.init(
                .invalidParameter, "Value (\(hours)) for parameter coolOffPeriod is invalid. It is from 1 to 72 hours")
        case .coolOffWithGovernance:
            self.init(
                .invalidParameterCombination,
                "The parameter coolOffPeriod cannot be used with lock mode governance")
        case .coolOffIsOver:
            self.init(
                .invalidParameterCombination,
                "The parameter coolOffPeriod cannot be used for \(snapshot), whose cooling-off period is over")
        case .modeIsFixed:
            self.init(
                .snapshotLocked,
                "\(snapshot) is locked in compliance mode, and its cooling-off period is over: the mode cannot be changed"
            )
        case .expiryIsFixed(let time):
            self.init(
                .snapshotLocked,
                "\(snapshot) is locked in compliance mode\(Self.until(time)): the lock can only be made longer")
        case .cannotBeTakenAway(let time):
            self.init(
                .snapshotLocked,
                "\(snapshot) is locked in compliance mode\(Self.until(time)), and its cooling-off period is over: "
                    + "it stays locked until it expires")
        case .isNotLocked: self.init(.snapshotNotLocked, "The snapshot '\(snapshot)' is not locked")
        }
    }

    private static func until(_ time: Timestamp?) -> String { time.map { " until \($0)" } ?? "" }
}

/// Checks tags, turning a breach into the engine's error.
func checkingTags(_ body: () throws(TagRules.Breach) -> Void) throws(EngineError) {
    do throws(TagRules.Breach) { try body() } catch { throw EngineError(error) }
}

/// Changes a lock, turning a breach into the engine's error.
func locking<Result>(
    _ snapshot: SnapshotID, _ body: () throws(SnapshotLockBreach) -> Result
) throws(EngineError) -> Result {
    do throws(SnapshotLockBreach) { return try body() } catch { throw EngineError(error, of: snapshot) }
}
