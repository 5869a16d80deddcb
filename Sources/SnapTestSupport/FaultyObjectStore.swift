package import SnapStore
package import SnapSystem
internal import Synchronization

/// Which call of an object store fails, and how much of it is done by then. One plan for one run.
package final class FaultPlan: Sendable {
    package enum Moment: Sendable, CaseIterable {
        /// Nothing was done.
        case before
        /// Half of it was: of several objects the first half is published, of bytes the first half written.
        case midway
        /// All of it was, but nobody learns of it.
        case after
    }

    /// What a call came to.
    enum Verdict { case pass, fail(Moment) }

    private let number: Int
    private let moment: Moment
    private let code: StoreError.Code
    private let isLasting: Bool
    private let calls = Mutex<(count: Int, fired: String?)>((0, nil))

    /// Call `number`, counted from 0, fails; with `isLasting` all later ones do too, as those of a full disk.
    package init(
        failing number: Int,
        _ moment: Moment = .before,
        code: StoreError.Code = .failed,
        isLasting: Bool = false
    ) {
        self.number = number
        self.moment = moment
        self.code = code
        self.isLasting = isLasting
    }

    /// The call that failed first; nil when the run made fewer calls. A test in which it is nil has tested nothing.
    package var fired: String? { calls.withLock { $0.fired } }

    package var callCount: Int { calls.withLock { $0.count } }

    func verdict(on call: String) -> Verdict {
        calls.withLock { calls in
            defer { calls.count += 1 }
            guard calls.count == number || (isLasting && calls.count > number) else { return .pass }
            if calls.fired == nil { calls.fired = "\(call), call \(calls.count)" }
            return .fail(calls.count == number ? moment : .before)
        }
    }

    func error(of call: String, _ subject: String) -> StoreError {
        StoreError(code, subject, "\(call) \(subject) failed, as planned")
    }
}

/// An object store whose nth call fails. Calls of its writers count too; abandoning never fails.
package final class FaultyObjectStore: ObjectStore {
    private let objects: any ObjectStore
    private let plan: FaultPlan

    package init(_ objects: any ObjectStore, plan: FaultPlan) {
        self.objects = objects
        self.plan = plan
    }

    package func startObject(_ key: ObjectKey, byteCount: Int) throws(StoreError) -> any ObjectWriter {
        let (objects, plan) = (objects, plan)
        return try attempt("startObject", key) { () throws(StoreError) in
            FaultyObjectWriter(try objects.startObject(key, byteCount: byteCount), plan: plan)
        }
    }

    package func publish(_ writers: [any ObjectWriter]) throws(StoreError) {
        let writers = writers.map { writer in
            guard let writer = writer as? FaultyObjectWriter else {
                preconditionFailure("a writer of another store")
            }
            return writer
        }
        let subject = writers.map(\.key.path).joined(separator: " ")
        for writer in writers { try writer.throwIfFailed() }
        switch plan.verdict(on: "publish") {
        case .pass:
            return try objects.publish(writers.map(\.writer))
        case .fail(let moment):
            let count = moment == .before ? 0 : moment == .midway ? writers.count / 2 : writers.count
            if count > 0 { try objects.publish(writers.prefix(count).map(\.writer)) }
            throw plan.error(of: "publish", subject)
        }
    }

    package func makeNamesDurable(_ keys: [ObjectKey]) throws(StoreError) {
        try attempt("makeNamesDurable", keys.first ?? ObjectKey("")) { () throws(StoreError) in
            try objects.makeNamesDurable(keys)
        }
    }

    package func put(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        try attempt("put", key) { () throws(StoreError) in try objects.put(bytes, to: key) }
    }

    package func putIfAbsent(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        try attempt("putIfAbsent", key) { () throws(StoreError) in try objects.putIfAbsent(bytes, to: key) }
    }

    package func get(_ key: ObjectKey) throws(StoreError) -> [UInt8] {
        try attempt("get", key) { () throws(StoreError) in try objects.get(key) }
    }

    package func read(
        _ key: ObjectKey,
        into buffer: borrowing AlignedBuffer,
        range: Range<Int>,
        at offset: Int
    ) throws(StoreError) -> Int {
        if case .fail = plan.verdict(on: "read") { throw plan.error(of: "read", key.path) }
        return try objects.read(key, into: buffer, range: range, at: offset)
    }

    package func byteCount(of key: ObjectKey) throws(StoreError) -> Int {
        try attempt("byteCount", key) { () throws(StoreError) in try objects.byteCount(of: key) }
    }

    package func keys(under prefix: String) throws(StoreError) -> [ObjectKey] {
        try attempt("keys", ObjectKey(prefix)) { () throws(StoreError) in try objects.keys(under: prefix) }
    }

    package func delete(_ key: ObjectKey) throws(StoreError) {
        try attempt("delete", key) { () throws(StoreError) in try objects.delete(key) }
    }

    package func removeLeftovers(under prefix: String) throws(StoreError) -> Int {
        try attempt("removeLeftovers", ObjectKey(prefix)) { () throws(StoreError) in
            try objects.removeLeftovers(under: prefix)
        }
    }

    private func attempt<Result>(
        _ call: String,
        _ key: ObjectKey,
        _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        guard case .fail(let moment) = plan.verdict(on: call) else { return try body() }
        // What cannot be done by half is not done.
        if moment == .after { _ = try? body() }
        throw plan.error(of: call, key.path)
    }
}

private final class FaultyObjectWriter: ObjectWriter {
    let writer: any ObjectWriter
    private let plan: FaultPlan
    private let failure = Mutex<StoreError?>(nil)

    init(_ writer: any ObjectWriter, plan: FaultPlan) {
        self.writer = writer
        self.plan = plan
    }

    var key: ObjectKey { writer.key }

    func append(_ buffer: borrowing AlignedBuffer, range: Range<Int>) throws(StoreError) {
        try throwIfFailed()
        guard case .fail(let moment) = plan.verdict(on: "append") else {
            return try writer.append(buffer, range: range)
        }
        let half = range.count / 2 / ObjectAlignment.byteCount * ObjectAlignment.byteCount
        let count = moment == .before ? 0 : moment == .midway ? half : range.count
        if count > 0 { try writer.append(buffer, range: range.lowerBound..<(range.lowerBound + count)) }
        let error = plan.error(of: "append", key.path)
        failure.withLock { $0 = error }
        throw error
    }

    func abandon() { writer.abandon() }

    func throwIfFailed() throws(StoreError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
