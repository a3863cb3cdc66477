package io.swavbeam.app;

import io.swavbeam.app.testing.ObjectStore;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.StorageContractTest;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tests the contract of storages in a bucket of a real store. */
@Tag("slow")
class BucketStorageTest extends StorageContractTest {
  @RegisterExtension static final ObjectStore STORE = new ObjectStore();

  @Override
  protected Folder folder() {
    STORE.connect();
    return new Folder(ObjectStore.BUCKET + "/contract [b] {c}/" + UUID.randomUUID());
  }

  @Override
  protected boolean appearsWhole() {
    return true;
  }
}
