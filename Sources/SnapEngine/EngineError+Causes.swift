internal import SnapCatalogue
internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem

// Each module's error becomes the engine's here, and nowhere else.

extension EngineError {
    init(_ error: DeviceError, isTarget: Bool = false) {
        let code: Code =
            switch error.code {
            case .noSuchPath: isTarget ? .targetNotFound : .volumeNotFound
            case .isDirectory, .notAVolume: .notAVolume
            case .permissionDenied, .readOnly: .permissionDenied
            case .inUse: isTarget ? .targetInUse : .volumeInUse
            case .emptyVolume: .emptyVolume
            case .readFailed: .volumeReadFailed
            case .changedWhileRead, .shrank: .volumeChanged
            case .tooSmall: .targetTooSmall
            case .carriesStore: isTarget ? .targetInUse : .volumeHoldsStore
            case .isSource, .hasSignature, .targetExists: .targetHasContents
            case .writeFailed, .noSpace: .targetWriteFailed
            case .systemFailure: .failed
            }
        self.init(code, error.description)
    }

    init(_ error: StoreError) {
        let code: Code =
            switch error.code {
            case .missing: .storeNotFound
            case .damaged: error.damagedDigest == nil ? .storeDamaged : .dataDamaged
            case .unreadable: .dataDamaged
            case .fromTheFuture: .fromTheFuture
            case .noSpace: .storeFull
            case .permissionDenied: .permissionDenied
            case .failed: .failed
            }
        self.init(code, error.description)
    }

    init(_ error: CatalogueError) {
        let code: Code =
            switch error.code {
            case .notADatabase, .damaged: .catalogueDamaged
            case .foreignStore: .catalogueForeign
            case .fromTheFuture: .fromTheFuture
            case .unsupportedFilesystem: .unsupportedFilesystem
            case .noSpace: .storeFull
            case .busy: .catalogueBusy
            case .permissionDenied: .permissionDenied
            case .missing: .storeNotFound
            case .unknownSnapshot: .snapshotNotFound
            case .unknownVolume: .volumeNotFound
            case .notPending, .failed: .failed
            }
        self.init(code, Self.sentence(of: error))
    }

    /// Where EBS has a sentence for it, that one.
    private static func sentence(of error: CatalogueError) -> String {
        switch error.code {
        case .unknownSnapshot: "The snapshot '\(error.subject)' does not exist."
        case .unknownVolume: "The volume '\(error.subject)' does not exist."
        default: error.description
        }
    }

    init(_ error: SystemError) { self.init(StoreError(error)) }
}

/// Runs work on the store, turning its errors into the engine's.
func storing<Result>(_ body: () throws(StoreError) -> Result) throws(EngineError) -> Result {
    do throws(StoreError) { return try body() } catch { throw EngineError(error) }
}

/// Runs work on the catalogue, turning its errors into the engine's.
func cataloguing<Result>(_ body: () throws(CatalogueError) -> Result) throws(EngineError) -> Result {
    do throws(CatalogueError) { return try body() } catch { throw EngineError(error) }
}

/// Runs work on the source volume, turning its errors into the engine's.
func reading<Result>(_ body: () throws(DeviceError) -> Result) throws(EngineError) -> Result {
    do throws(DeviceError) { return try body() } catch { throw EngineError(error) }
}

/// Runs work on the target of a restore, turning its errors into the engine's.
func targeting<Result>(_ body: () throws(DeviceError) -> Result) throws(EngineError) -> Result {
    do throws(DeviceError) { return try body() } catch { throw EngineError(error, isTarget: true) }
}

extension BufferPool {
    /// A pool, with the engine's error where there is no memory.
    static func forEngine(bufferByteCount: Int, bufferCount: Int) throws(EngineError) -> BufferPool {
        do throws(SystemError) {
            return try BufferPool(bufferByteCount: bufferByteCount, bufferCount: bufferCount)
        } catch {
            throw EngineError(error)
        }
    }
}
